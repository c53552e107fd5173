import { describe, expect, it } from "vitest";
import { envFileText, keepDollars, SHELL_SETTINGS, settingsIn } from "../../../../scripts/server/settings.ts";
import { readConfig, SETTINGS } from "../../../../src/env.ts";

const BINDINGS = Object.values(SETTINGS).flatMap(({ kind, name }) => (kind === "binding" ? [name] : []));

describe("the settings that npm start hands over", () => {
  it("are all that the server reads, without its bindings and its mode", () => {
    const read = new Set<string>();
    const env = new Proxy(
      {},
      {
        get(_, name) {
          if (typeof name === "string" && /^[A-Z_]+$/.test(name)) read.add(name);
          return undefined;
        },
      },
    );
    readConfig(env);
    expect([...read].sort()).toEqual([...SHELL_SETTINGS, ...BINDINGS, "MODE"].sort());
  });

  it("are those that the shell has, empty ones too, and no other variable", () => {
    expect(
      settingsIn({ PATH: "/bin", MODE: "development", OPENAI_API_KEY: "sk-1", OS_ID: "", OS_NAME: undefined }),
    ).toEqual({ OPENAI_API_KEY: "sk-1", OS_ID: "" });
  });

  it("have the API that the model is asked by, which the server then reads", () => {
    const given = settingsIn({ OPENAI_API: "responses", OPENAI_BASE_URL: "http://127.0.0.1:9911/v1" });
    expect(envFileText(given)).toContain("OPENAI_API='responses'\n");
    expect(readConfig({ DB: {}, SESSIONS: {}, JOBS: {}, ...given })).toMatchObject({
      value: { openAiApi: "responses" },
    });
  });

  it("have the secrets of the deployment's providers with them, and of no others", () => {
    const mistral = { name: "Mistral", baseUrl: "https://mistral.test/v1", secret: "MISTRAL_API_KEY" };
    const env = { MISTRAL_API_KEY: "key", OTHER_API_KEY: "other", OS_ID: "mine" };
    expect(settingsIn(env, [mistral])).toEqual({ MISTRAL_API_KEY: "key", OS_ID: "mine" });
    expect(settingsIn(env, [])).toEqual({ OS_ID: "mine" });
  });

  it("stand in a file with marks around them that they do not have", () => {
    expect(envFileText({ OS_ID: "a b#c", OS_NAME: "it's", OPENAI_MODEL: "`'" })).toBe(
      "OS_ID='a b#c'\nOS_NAME=`it's`\nOPENAI_MODEL=\"`'\"\n",
    );
  });

  it("keep their dollars, and the backslashes before them", () => {
    expect(envFileText({ OS_ID: "a$b\\$c" })).toBe("OS_ID='a\\$b\\\\$c'\n");
    expect(keepDollars("A=$B")).toBe("A=\\$B");
  });

  it("are refused by name, never by value, where no file can hold them", () => {
    expect(() => envFileText({ OPENAI_API_KEY: "'`\"" })).toThrow(/^OPENAI_API_KEY holds characters/);
    expect(() => envFileText({ OS_ID: "a\\" })).toThrow(/^OS_ID/);
  });
});
