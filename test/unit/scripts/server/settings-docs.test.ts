import { describe, expect, it } from "vitest";
import { SHELL_SETTINGS } from "../../../../scripts/server/settings.ts";
import { SETTINGS } from "../../../../src/env.ts";

/** README.md and `.dev.vars.example` list all settings. */
const texts = import.meta.glob<string>(["../../../../README.md", "../../../../.dev.vars.example"], {
  query: "?raw",
  import: "default",
  eager: true,
});
const textOf = (file: string) => texts[`../../../../${file}`] ?? "";

const variables = Object.values(SETTINGS).filter((setting) => setting.kind === "variable");

/** The rows of the table in README.md: the setting's name, and its default as README shows it. */
function readmeRows(): Map<string, string> {
  const [, section = ""] = textOf("README.md").split("\n## Configuration\n");
  const table = section.split("\n## ")[0] ?? "";
  const rows = [...table.matchAll(/^\| `([A-Z_]+)` \| (.+?) \| .+ \|$/gm)];
  return new Map(rows.map(([, name = "", shown = ""]) => [name, shown]));
}

/** The commented-out settings of `.dev.vars.example`. Each takes effect once its # is removed. */
function exampleValues(): [name: string, value: string][] {
  const lines = [...textOf(".dev.vars.example").matchAll(/^# ([A-Z_]+)=(["'])(.*)\2$/gm)];
  return lines.map(([, name = "", , value = ""]) => [name, value]);
}

describe("the settings that are declared", () => {
  it("are the rows of README's table, each once", () => {
    expect([...readmeRows().keys()].sort()).toEqual(variables.map(({ name }) => name).sort());
    for (const { name } of variables) expect(textOf("README.md").split(`\n| \`${name}\` |`)).toHaveLength(2);
  });

  it.each(variables)("have the default that README shows: $name", ({ name, fallback, read }) => {
    const shown = readmeRows().get(name);
    const written = fallback === null ? "" : String(fallback);
    if (written !== "" && read(written) !== undefined) {
      expect(shown?.replaceAll("`", "")).toBe(written);
    } else {
      // This default is no value that a setting could be given, so README describes it in words.
      expect(shown).toMatch(/^[A-Za-z' ]+$/);
    }
  });

  it("stand in .dev.vars.example, each once, but the mode, with values that they may hold", () => {
    expect(exampleValues().map(([name]) => name)).toEqual([...new Set(exampleValues().map(([name]) => name))]);
    expect(
      exampleValues()
        .map(([name]) => name)
        .sort(),
    ).toEqual([...SHELL_SETTINGS].sort());
    for (const [name, value] of exampleValues()) {
      expect([name, variables.find((one) => one.name === name)?.read(value)]).not.toContain(undefined);
    }
  });
});
