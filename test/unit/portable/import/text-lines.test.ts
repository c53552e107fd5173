import { expect, it, vi } from "vitest";
import { textLines } from "../../../../src/portable/import/text-lines.ts";

async function linesOf(pieces: readonly string[]) {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
      controller.close();
    },
  });
  const lines = [];
  for await (const line of textLines(body, 100)) lines.push(line);
  return lines;
}

it("passes over blank lines without a look at each of them, and counts them", async () => {
  const decode = vi.spyOn(TextDecoder.prototype, "decode");
  const blank = "\n\r\n  \t\r\n".repeat(1_000);
  const lines = await linesOf([blank, `${blank} one\r\n \r`, `\n${blank}`, "two ", "words\n", blank, "  last"]);
  expect(lines).toEqual([
    { number: 6_001, text: "one" },
    { number: 9_003, text: "two words" },
    { number: 12_004, text: "last" },
  ]);
  expect(decode).toHaveBeenCalledTimes(3);
  decode.mockRestore();
});

it("takes for blank a first line that is nothing but a byte order mark", async () => {
  expect(await linesOf(["\ufeff\r\none\n"])).toEqual([{ number: 2, text: "one" }]);
});

it("reads to its end what is sent behind the last line that is wanted, because its sender waits for that", async () => {
  let pieces = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      pieces += 1;
      if (pieces < 10) controller.enqueue(new TextEncoder().encode("line\n"));
      else controller.close();
    },
  });
  for await (const { number } of textLines(body, 100)) {
    if (number === 2) break;
  }
  expect(pieces).toBe(10);
});
