import { describe, expect, it } from "vitest";
import { flagValue, flagValues, hasFlag, migrationFlags, variables } from "../../../../scripts/server/flags.ts";

const words = (line: string) => line.split(" ");

describe("the flags of npm start", () => {
  it("are read in both forms, and in the one with capitals", () => {
    for (const line of ["--persist-to /tmp/a", "--persist-to=/tmp/a", "--persistTo /tmp/a"]) {
      expect(flagValue(words(`--port 1 ${line} --ip x`), "persist-to")).toBe("/tmp/a");
    }
  });

  it("count as they were given last", () => {
    expect(flagValue(words("--port 1 --port=2"), "port")).toBe("2");
  });

  it("take one value, so that a script's path behind it is none", () => {
    expect(flagValues(words("--persist-to a src/index.ts"), ["persist-to"])).toEqual(["a"]);
    expect(flagValues(words("--persist-to=a src/index.ts"), ["persist-to"])).toEqual(["a"]);
  });

  it("may lack their value", () => {
    expect(flagValue(words("--persist-to --port 1"), "persist-to")).toBeUndefined();
    expect(flagValue(["--persist-to"], "persist-to")).toBeUndefined();
  });

  it("are found without a value, and negated", () => {
    expect(hasFlag(words("--port 1 -h"), "help", "h")).toBe(true);
    expect(hasFlag(["--no-show-interactive-dev-session"], "show-interactive-dev-session")).toBe(true);
    expect(hasFlag(words("--var h:1"), "help", "h")).toBe(false);
  });
});

describe("the variables of npm start", () => {
  it("are KEY:VALUE, with any further colon in the value", () => {
    expect(variables(words("--var OPENAI_BASE_URL:http://127.0.0.1:9/v1"))).toEqual({
      OPENAI_BASE_URL: "http://127.0.0.1:9/v1",
    });
  });

  it("may follow one --var or several, the last of a name counts", () => {
    expect(variables(words("--var A:1 B:2 --port 3 --var=A:4 C: --ip x"))).toEqual({ A: "4", B: "2", C: "" });
  });
});

describe("the migration before npm start", () => {
  it("uses the folder, the configuration and the environment that the server uses, and nothing else", () => {
    expect(migrationFlags(words("--port 1 --persist-to d -c a.toml -c b.toml -e dev --cwd=/x --var A:1"))).toEqual([
      "--persist-to=d",
      "--config=a.toml",
      "--cwd=/x",
      "--env=dev",
    ]);
    expect(migrationFlags([])).toEqual([]);
  });
});
