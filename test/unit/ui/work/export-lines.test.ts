import { expect, test } from "vitest";
import { ExportLines } from "../../../../ui/work/export-lines.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

function seen(text: string, pieceBytes = text.length): ExportLines {
  const lines = new ExportLines();
  const all = bytes(text);
  for (let at = 0; at < all.length; at += pieceBytes) lines.see(all.subarray(at, at + pieceBytes));
  return lines;
}

const SESSION = '{"type":"session","session_id":"ü"}\n{"type":"session_end","session_id":"ü"}\n';

test("sessions are counted, however the answer is cut into pieces", () => {
  for (const size of [1, 2, 7, 1000]) {
    const lines = seen(`${SESSION}${SESSION}{"type":"end","sessions":2}\n`, size);
    expect([lines.sessions, lines.isWhole, lines.isSound]).toEqual([2, true, true]);
  }
});

test("a cursor at the end says where to go on", () => {
  const lines = seen(`${SESSION}{"type":"cursor","cursor":"abc"}\n`);
  expect([lines.cursor, lines.isWhole, lines.isSound]).toEqual(["abc", false, true]);
});

test("an answer that ends in a session, or in the middle of a line, broke off", () => {
  expect(seen(SESSION).isSound).toBe(false);
  expect(seen(`${SESSION}{"type":"end","sessions":1}\n{"type":"ses`).isSound).toBe(false);
  expect(seen(`${SESSION}{"type":"end","sessi`).isSound).toBe(false);
  expect(seen("").isSound).toBe(false);
});

test("only the beginning of a line is held", () => {
  const lines = seen(`{"type":"message","content":"${"x".repeat(1_000_000)}"}\n{"type":"end","sessions":0}\n`, 65_536);
  expect(lines.isSound).toBe(true);
});
