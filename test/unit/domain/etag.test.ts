import { describe, expect, it } from "vitest";
import { etagOf, isMatched, parseIfMatch } from "../../../src/domain/etag.ts";

const session = { createdAt: 1_700_000_000_000, version: 7 };
const etag = etagOf(session);

describe("an If-Match header", () => {
  it.each([
    ["*", true],
    [" * ", true],
    [etag, true],
    [`"other", ${etag}`, true],
    [`${etag},"other"`, true],
    [` , ${etag} ,, "x"`, true],
    [`"with,commas,", ${etag}`, true],
    [etagOf({ ...session, version: 6 }), false],
    [etagOf({ ...session, createdAt: session.createdAt + 1 }), false],
    [etag.toUpperCase(), false],
    [`W/${etag}`, false],
    [`W/${etag}, "other"`, false],
    [`"a,${etag.slice(1, -1)}"`, false],
    ['""', false],
  ])("%j matches as the RFC says: %s", (header, matches) => {
    const ifMatch = parseIfMatch(header);
    expect(ifMatch).not.toBeNull();
    expect(isMatched(ifMatch, session)).toBe(matches);
  });

  it.each([
    "",
    " ",
    ",",
    etag.slice(1, -1),
    etag.slice(1),
    `w/${etag}`,
    `${etag} ${etag}`,
    `*, ${etag}`,
    `${etag};q=1`,
    '"a b"',
  ])("%j is none", (header) => {
    expect(parseIfMatch(header)).toBeNull();
  });
});
