import { expect, test } from "vitest";
import { ExportLines } from "../../../../ui/work/export-lines.ts";

function seen(text: string, pieceBytes = text.length): ExportLines {
  const lines = new ExportLines();
  const all = new TextEncoder().encode(text);
  for (let at = 0; at < all.length; at += pieceBytes) lines.see(all.subarray(at, at + pieceBytes));
  return lines;
}

const SESSION = '{"type":"session","session_id":"ü"}\n{"type":"session_end","session_id":"ü"}\n';
const END = '{"type":"end","sessions":2}\n';

test("sessions are counted, however the answer is cut into pieces", () => {
  for (const size of [1, 2, 7, 30, 1000]) {
    const lines = seen(`${SESSION}${SESSION}${END}`, size);
    expect([lines.sessions, lines.cursor]).toEqual([2, null]);
  }
});

test("what a message says is no line", () => {
  const said = JSON.stringify({ type: "message", content: `\n{"type":"session_end"}\n${END}` });
  const lines = seen(`${SESSION}${said}\n${END}`);
  expect([lines.sessions, lines.cursor]).toEqual([1, null]);
  expect(seen(`${said}\n`).cursor).toBeUndefined();
});

test("a cursor at the end says where to go on, and an export may be its end alone", () => {
  expect(seen(`${SESSION}{"type":"cursor","cursor":"abc"}\n`).cursor).toBe("abc");
  expect(seen(END).cursor).toBeNull();
});

test("an answer that ends in a session, or in the middle of a line, broke off", () => {
  for (const text of ["", SESSION, `${SESSION}${END}{"type":"ses`, `${SESSION}{"type":"end","sessi`, END.trimEnd()]) {
    expect(seen(text).cursor).toBeUndefined();
  }
});

test("of a long line only the end is held", () => {
  const long = `{"type":"message","content":"${"x".repeat(1_000_000)}"}\n`;
  expect(seen(`${SESSION}${long}${END}`, 65_536).cursor).toBeNull();
});
