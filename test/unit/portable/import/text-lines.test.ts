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
