import { describe, expect, it } from "vitest";
import { type KeySource, nextStep } from "../../../src/auth/issuer/next-step.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Now, and what is known of the keys: read so long ago. */
const NOW = 100 * HOUR;
const read = (ago: number, pastCache = true) => ({ keys: "set", readAt: NOW - ago, pastCache });
const step = (source: Partial<KeySource<string>>, isUnknown = false) =>
  nextStep({ known: null, readingSince: null, failedAt: null, ...source }, NOW, isUnknown);

describe("the keys of an issuer", () => {
  it("are read where none are known, by one request; the others wait", () => {
    expect(step({})).toBe("read");
    expect(step({ readingSince: NOW - 1 })).toBe("wait");
  });

  it("are used for ten minutes, then read anew", () => {
    expect(step({ known: read(10 * MINUTE - 1) })).toBe("use");
    expect(step({ known: read(10 * MINUTE) })).toBe("read");
    expect(step({ known: read(10 * MINUTE), readingSince: NOW - 1 })).toBe("wait");
  });

  it("are not asked for within five seconds after a failure: the last good ones count for a day, and then none", () => {
    const failedAt = NOW - 4_999;
    expect(step({ failedAt })).toBe("unavailable");
    expect(step({ failedAt, known: read(24 * HOUR - 1) })).toBe("use");
    expect(step({ failedAt, known: read(24 * HOUR) })).toBe("unavailable");
    expect(step({ failedAt: NOW - 5_000 })).toBe("read");
    expect(step({ failedAt: NOW - 5_000, known: read(24 * HOUR) })).toBe("read");
  });

  it("hold nobody up but the one who looks, once a look has failed", () => {
    const under = { failedAt: NOW - 9_000, readingSince: NOW - 1 };
    expect(step(under)).toBe("unavailable");
    expect(step({ ...under, known: read(HOUR) })).toBe("use");
    expect(step({ ...under, known: read(HOUR) }, true)).toBe("unavailable");
  });

  // case 36
  it("count a look as failed that nobody ended within five seconds", () => {
    expect(step({ readingSince: NOW - 5_000 })).toBe("unavailable");
    expect(step({ readingSince: NOW - 5_000, known: read(HOUR) })).toBe("use");
    expect(step({ readingSince: NOW - 9_999 })).toBe("unavailable");
    expect(step({ readingSince: NOW - 10_000 })).toBe("read");
  });

  it("are read past all caches for a key that they lack, at most every 30 seconds", () => {
    expect(step({ known: read(1, false) }, true)).toBe("read");
    expect(step({ known: read(29_999) }, true)).toBe("refuse");
    expect(step({ known: read(30_000) }, true)).toBe("read");
    expect(step({ known: read(30_000), readingSince: NOW - 1 }, true)).toBe("wait");
  });

  it("cannot say whether they lack a key, while they cannot be read", () => {
    expect(step({ known: read(30_000), failedAt: NOW - 1 }, true)).toBe("unavailable");
  });
});
