import { describe, expect, it } from "vitest";
import { shownBy } from "../../../src/auth/shown.ts";

const plain = { jwtHeader: "Authorization", jwtCookie: null };
const withCookie = { jwtHeader: "authorization", jwtCookie: "access_token" };
const access = { jwtHeader: "Cf-Access-Jwt-Assertion", jwtCookie: "access_token" };

function shown(headers: Record<string, string>, config: { jwtHeader: string; jwtCookie: string | null }) {
  const read = shownBy((name) => new Headers(headers).get(name) ?? undefined, config);
  return read.ok ? read.value : String(read.failure.detail);
}

describe("the credential of a request", () => {
  it("stands in Authorization, with or without a scheme", () => {
    const found = { place: "authorization", text: "token" };
    for (const Authorization of ["Bearer token", "bearer   token", "BEARER\ttoken", "token"]) {
      expect(shown({ Authorization }, plain)).toEqual(found);
    }
    expect(shown({ Authorization: "Basic token" }, plain)).toEqual({ ...found, text: "Basic token" });
    expect(shown({ Authorization: "Bearer Bearer token" }, plain)).toEqual({ ...found, text: "Bearer token" });
  });

  it("is none without a header, or with an empty one", () => {
    expect(shown({}, plain)).toBeNull();
    expect(shown({ Authorization: " " }, plain)).toBeNull();
    expect(shown({ Cookie: "access_token=t" }, plain)).toBeNull();
    expect(shown({ "Cf-Access-Jwt-Assertion": "t" }, plain)).toBeNull();
  });

  // case 26
  it.each(["Bearer a, Bearer b", "Bearer a,bearer b", "a , BEARER\tb", "Bearer a, Bearer"])(
    "is refused where there may be two: '%s'",
    (Authorization) => {
      expect(shown({ Authorization }, plain)).toBe("Ambiguous Authorization header");
    },
  );

  it("may stand in another header, and in a cookie; Authorization comes first, then the header", () => {
    const all = { Authorization: "Bearer a", "Cf-Access-Jwt-Assertion": "b", Cookie: "access_token=c" };
    expect(shown(all, access)).toEqual({ place: "authorization", text: "a" });
    expect(shown({ ...all, Authorization: "" }, access)).toEqual({ place: "token_header", text: "b" });
    expect(shown({ Cookie: all.Cookie }, access)).toEqual({ place: "cookie", text: "c" });
    // case 74
    expect(shown({ Authorization: "Bearer a", Cookie: "access_token=c" }, withCookie)).toEqual({
      place: "authorization",
      text: "a",
    });
  });

  it.each([
    ["access_token=t", "t"],
    ["a=1; access_token=t; b=2", "t"],
    ['access_token="t"', "t"],
    ["access_token=t=; x", "t="],
    ["access_token=t; access_token=t", "t"],
    ["x_access_token=t", null],
    ["ACCESS_TOKEN=t", null],
    ["access_token=", null],
    ["access_token", null],
    ["a=1, access_token=t", null],
  ])("is read from the cookie of that name: %s", (Cookie, text) => {
    expect(shown({ Cookie }, withCookie)).toEqual(text === null ? null : { place: "cookie", text });
  });

  it("is refused if a neighbouring page may have added a cookie", () => {
    for (const Cookie of ["access_token=a; access_token=b", "access_token=a, access_token=b"]) {
      expect(shown({ Cookie }, withCookie)).toBe("Ambiguous cookie");
    }
    const twice = { "Cf-Access-Jwt-Assertion": "a, b" };
    expect(shown(twice, access)).toBe("Ambiguous Cf-Access-Jwt-Assertion header");
  });
});
