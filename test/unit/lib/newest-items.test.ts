import { afterEach, describe, expect, it, vi } from "vitest";
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

describe("the search for the item that is named", () => {
  const bytes: Uint8Array = Object.getPrototypeOf(Uint8Array.prototype);
  afterEach(() => void vi.restoreAllMocks());

  /** How often so many items have something made or called for them. */
  function callsFor(item: string, times: number): number {
    const json = encode(`{"messageId":"named","messages":[${`${item},`.repeat(times)}{"id":"u"}]}`);
    const spies = [
      vi.spyOn(TextEncoder.prototype, "encode"),
      vi.spyOn(JSON, "stringify"),
      vi.spyOn(bytes, "every"),
      vi.spyOn(bytes, "subarray"),
    ];
    newest(json);
    const calls = spies.reduce((sum, { mock }) => sum + mock.calls.length, 0);
    vi.restoreAllMocks();
    return calls;
  }

  it.each(["{}", "1", '{"id":"other"}', '{"id":"namee"}', '{"a":1,"id":1,"id":"other"}'])(
    "makes nothing for an item, however many there are: %s",
    (item) => {
      expect(callsFor(item, 1_000)).toBe(callsFor(item, 1));
    },
  );

  it("does not look into an item that is too short to have that id", () => {
    const reads = { count: 0 };
    const json = encode(`{"messageId":"${"n".repeat(100)}","messages":[${'{"id":"n"},'.repeat(100)}{"id":"u"}]}`);
    const counted = new Proxy(json, {
      get(target, key) {
        if (typeof key === "string" && /^\d+$/.test(key)) reads.count++;
        const value = Reflect.get(target, key, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    newest(counted);
    // Each of the three passes over the text reads a byte once, twice where a string begins or ends.
    expect(reads.count).toBeLessThan(json.length * 5);
  });
});

describe("the number of values in a text", () => {
  it("is never too low", () => {
    const count = (text: string) => valuesIn(encode(text));
    expect([count("1"), count("[1,2,3]"), count('{"a":[1],"b,[{":"c,"}'), count("[]")]).toEqual([1, 4, 4, 2]);
  });
});
