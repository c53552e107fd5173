import { expect, test } from "vitest";
import { fileName } from "../../../../ui/work/file-name.ts";
import { linesOf } from "../../../../ui/work/lines-of-file.ts";

const DATE = new Date("2026-11-30T12:00:00Z");

test("a file has a name that every system takes, of what the session is called", () => {
  expect(fileName("../Lampe für Zoë: 50 % <kaputt>", DATE)).toBe("Lampe-für-Zoë-50-kaputt-2026-11-30.ndjson");
  expect(fileName("…", DATE)).toBe("export-2026-11-30.ndjson");
});

test("an array of conversations becomes a line for each, an array of messages one line", () => {
  const chat = [{ role: "user", content: "Hi" }];
  expect(linesOf(JSON.stringify([{ mapping: {} }, { mapping: {} }], null, 2))).toBe('{"mapping":{}}\n{"mapping":{}}\n');
  expect(linesOf(JSON.stringify([chat, chat]))).toBe(`${JSON.stringify(chat)}\n`.repeat(2));
  expect(linesOf(JSON.stringify(chat, null, 2))).toBe(`${JSON.stringify(chat)}\n`);
});

test("what is lines already, or no array, stays as it is", () => {
  const chat = JSON.stringify([{ role: "user", content: "Hi" }]);
  expect(linesOf(`${chat}\n${chat}\n`)).toBeNull();
  expect(linesOf('{"type":"session"}')).toBeNull();
});
