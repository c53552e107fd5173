import { expect, it } from "vitest";
import { call, newId } from "../../support/http.ts";

it("tells of every path of the document the methods that are there, and no other's", async () => {
  const { body } = await call("GET", "/openapi.json");
  const paths = Object.entries<object>(body.paths);
  expect(paths.length).toBeGreaterThan(40);
  for (const [path, methods] of paths) {
    const { status, headers } = await call("OPTIONS", path.replace(/\{\w+\}/g, newId));
    const described = Object.keys(methods).map((method) => method.toUpperCase());
    const expected = described.includes("GET") ? [...described, "HEAD"] : described;
    expect([path, status, headers.get("Allow")?.split(", ").sort()]).toEqual([path, 405, expected.sort()]);
  }
});
