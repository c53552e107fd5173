import { describe, expect, it } from "vitest";
import { valuesIn } from "../../../src/lib/json-spans.ts";
import { newestItems } from "../../../src/lib/newest-items.ts";

const newest = (json: Uint8Array) => newestItems(json, { list: "messages", named: "messageId" });
const encode = (text: string) => new TextEncoder().encode(text);
const cut = (text: string) => new TextDecoder().decode(newest(encode(text)));
const kept = (body: object, space?: number) => JSON.parse(cut(JSON.stringify(body, null, space)));

const message = (id: string, more: object = {}) => ({ id, role: "user", parts: [{ type: "text", text: id }], ...more });
const tricky = 'a "quote", a \\ and ] } , [ { in é 👩‍👩‍👧 \u2028';

describe("a history in a JSON text", () => {
  it.each([[undefined], [2]])("is left out but for its last item, however it is written (%s)", (space) => {
    const body = { id: "s", messages: [message("a"), message(tricky), message("c")], trigger: "t", [tricky]: [tricky] };
    expect(kept(body, space)).toEqual({ ...body, messages: [message("c")] });
  });

  it.each([[undefined], [2]])("keeps the item that is named, wherever that stands (%s)", (space) => {
    const messages = [message("a"), message("b", { metadata: { id: "a" } }), message("c")];
    expect(kept({ messages, messageId: "b" }, space).messages).toEqual(messages.slice(1));
    expect(kept({ messageId: "a", messages }, space).messages).toEqual([messages[0], messages[2]]);
    expect(kept({ messageId: "c", messages }, space).messages).toEqual(messages.slice(2));
    expect(kept({ messageId: "z", messages }, space).messages).toEqual(messages.slice(2));
  });

  it.each([
    "",
    " ",
    "null",
    "[1,2,3]",
    '"messages"',
    "{}",
    '{"messages":[]}',
    '{"messages":{"a":1,"b":2}}',
    '{"message":[1,2,3]}',
    '{"a":{"messages":[1,2,3]}}',
    '{"messages":"[1,2,3]"}',
    '{"messages',
  ])("is nothing that another body has: %s", (text) => {
    expect(cut(text)).toBe(text);
  });

  it.each([
    '{"messages":[1,2',
    '{"messages":[1,{"a":"',
    '{"messages":[1,2]} x',
    '{"messages":[1 2,3],}',
    "{,}",
    '{"a\\',
  ])("makes no JSON of what is none: %s", (text) => {
    expect(() => JSON.parse(cut(text))).toThrow(SyntaxError);
  });

  it.each([
    ["[{},", "{}]"],
    ["[[", "]]"],
    ["{1,", "1}"],
    ['{"a":1,', '"a":1}'],
  ])("is found in time in eight megabytes of %s", (piece, end) => {
    const text = `{"messages":${piece.repeat((8 * 1024 * 1024) / piece.length)}${end}}`;
    const startedAt = performance.now();
    newest(encode(text));
    expect(performance.now() - startedAt).toBeLessThan(3_000);
  });
});

describe("the number of values in a text", () => {
  it("is never too low", () => {
    const count = (text: string) => valuesIn(encode(text));
    expect([count("1"), count("[1,2,3]"), count('{"a":[1],"b,[{":"c,"}'), count("[]")]).toEqual([1, 4, 4, 2]);
  });
});
