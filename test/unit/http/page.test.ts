import { describe, expect, it } from "vitest";
import { asksForPage } from "../../../src/http/page.ts";

const ASKS = [
  "text/html",
  "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
  "TEXT/HTML ; Q=0.5",
  "text/html;charset=utf-8;q=0.1, text/plain",
  "application/json;q=0.5, text/html;q=0.9",
  "application/json, text/html",
];

const ASKS_NOT = [
  undefined,
  "",
  "*/*",
  "text/*",
  "application/json, text/plain, */*",
  "application/json",
  "text/html;q=0",
  "text/html;q=0.0, */*",
  "application/json, text/html;q=0.9",
  "text/htmlx",
  "application/text/html",
];

describe("whether a request asks for a page", () => {
  it.each(ASKS)("it does that names it: %s", (accept) => {
    expect(asksForPage(accept)).toBe(true);
  });

  it.each(ASKS_NOT)("it does not otherwise: %s", (accept) => {
    expect(asksForPage(accept)).toBe(false);
  });
});
