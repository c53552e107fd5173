import { describe, expect, it } from "vitest";
import { withTextsInPlace } from "../../../../scripts/build-ui/texts-in-place.ts";

const TEXTS = { app: { close: "Close", views: { all: "All" }, of: (name: string) => `Of ${name}` } };
const source = (code: string) => `import { texts } from "../texts/index.ts";\n${code}`;
const withTexts = (code: string) => withTextsInPlace(source(code), TEXTS).slice(source("").length);

describe("texts, as the page has them", () => {
  it("stand where they are said", () => {
    expect(withTexts("tell(texts.app.close);")).toBe('tell("Close");');
    expect(withTexts("tell(texts.app.close.length);")).toBe('tell("Close".length);');
    expect(withTexts("const said = texts.app;\ntell(said.close);")).toContain('tell("Close");');
  });

  it("come from a module of their own where they are groups, or made of something", () => {
    const imported = (name: string) => `\nimport said$app$${name} from "texts:app.${name}";`;
    expect(withTexts("tell(texts.app.views[view]);")).toBe(`tell(said$app$views[view]);${imported("views")}`);
    expect(withTexts("({ ...texts.app.of(name) });")).toBe(`({ ...said$app$of(name) });${imported("of")}`);
  });

  it("are none where something else has the name", () => {
    expect(withTexts("tell(own.texts.app.close);")).toBe("tell(own.texts.app.close);");
    expect(withTextsInPlace("texts.app.close", TEXTS)).toBe("texts.app.close");
  });

  it("are there, or the build fails", () => {
    expect(() => withTexts("tell(texts.app.gone);")).toThrow("There is no text app.gone.");
  });
});
