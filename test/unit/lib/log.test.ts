import { describe, expect, it } from "vitest";
import { errorFields } from "../../../src/lib/log.ts";

/** The errors of these tests quote this value of a request. The log must not have it. */
const SAID = "my secret prompt";

function thrown(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

describe("what is logged of an error", () => {
  it("is a message of the language where that quotes nothing", () => {
    const value: unknown = JSON.parse(JSON.stringify({ said: SAID }));
    const errors = [
      thrown(() => "length" in ((value as { said: string }).said as unknown as object)),
      thrown(() => (value as Record<string, Record<string, string>>).missing?.[SAID] ?? (null as never)[SAID]),
      thrown(() => Object.fromEntries([SAID] as never)),
      thrown(() => new Map([SAID] as never)),
      thrown(() => new Intl.DateTimeFormat("en", { timeZone: SAID })),
      thrown(() => Object.defineProperty(Object.freeze({}), SAID, { value: 1 })),
    ];
    for (const error of errors) {
      expect(error).toBeInstanceOf(Error);
      expect((error as Error).message).toContain("secret");
      expect(JSON.stringify(errorFields(error))).not.toContain("secret");
    }
    expect(errorFields(errors[1])).toMatchObject({
      error: "TypeError",
      message: "Cannot read properties of null",
      thrown_at: expect.stringContaining("log.test.ts"),
    });
  });

  it("is a line of the code, never one of a message that looks like it", () => {
    const error = new Error(`Failed query\nparams: we meet\nat ${SAID} (file.ts:1:1)`);
    expect(errorFields(error)).toEqual({
      error: "Error",
      message: undefined,
      thrown_at: expect.stringContaining("log.test.ts"),
    });
    error.message = "another";
    expect(errorFields(error).thrown_at).toBeUndefined();
  });

  it("is only its type where it is no error", () => {
    expect(errorFields(SAID)).toEqual({ error: "string" });
  });
});
