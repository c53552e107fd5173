import { expect, test } from "vitest";
import { ApiError, ConnectionError } from "../../../../packages/client/src/index.ts";
import { waitMs } from "../../../../ui/work/wait.ts";

const refusal = (status: number, retryAfter: number | null = null) =>
  new ApiError({ status, code: "x", detail: "x", retryAfter });

test("what the server refuses for good is not asked again", () => {
  for (const status of [400, 403, 404, 409, 412, 422]) expect(waitMs(refusal(status), 0)).toBeNull();
  expect(waitMs(new TypeError("a bug"), 0)).toBeNull();
});

test("waits double up to two minutes, and are as long as the server asks for", () => {
  const away = new ConnectionError("away");
  expect([0, 1, 2, 20].map((tried) => waitMs(away, tried))).toEqual([1_000, 2_000, 4_000, 120_000]);
  expect(waitMs(refusal(429, 30), 0)).toBe(30_000);
  expect(waitMs(refusal(503), 1)).toBe(2_000);
});
