import fc from "fast-check";
import { expect, it, vi } from "vitest";
import type { ModelBurst } from "../../../../src/domain/model.ts";
import { ChatReader } from "../../../../src/model/openai/chat/reader.ts";
import { readAnswer } from "../../../../src/model/openai/read-stream.ts";

const utf8 = new TextEncoder();
const said = (content: string) => JSON.stringify({ choices: [{ delta: { content } }] });
const reason = JSON.stringify({ choices: [{ delta: {}, finish_reason: "stop" }] });
const event = (data: string) => `data: ${data}\n\n`;

interface Told {
  text: string;
  finish: string | null;
  /** What went wrong, in the words of whoever threw it. */
  error: string | null;
}

const STREAM = "text/event-stream; charset=utf-8";
const newReader = () => new ChatReader({ idPrefix: "call", finishOnDone: true });
const asked = () => ({ signal: new AbortController().signal, timeoutMs: 5_000 });

function answerOf(reads: readonly Uint8Array[], type = STREAM): Response {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const read of reads) controller.enqueue(read);
      controller.close();
    },
  });
  return new Response(body, { headers: { "content-type": type } });
}

/** What is told of a body that comes in these reads, and how. */
async function read(reads: readonly Uint8Array[], type?: string): Promise<{ told: Told; bursts: ModelBurst[] }> {
  const reader = newReader();
  const bursts: ModelBurst[] = [];
  let error: string | null = null;
  try {
    for await (const burst of readAnswer(answerOf(reads, type), reader, asked())) bursts.push(burst);
  } catch (thrown) {
    error = (thrown as Error).message;
  }
  const chunks = [...bursts.flat(), ...reader.end()];
  const text = chunks.map((chunk) => (chunk.type === "text" ? chunk.delta : "")).join("");
  const finish = chunks.find((chunk) => chunk.type === "finish")?.reason ?? null;
  return { told: { text, finish, error }, bursts };
}

function cutAt(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = [...new Set(places)].sort((a, b) => a - b);
  return [0, ...ends].map((from, nth) => bytes.slice(from, ends[nth] ?? bytes.length));
}

const whole: Told = { text: "Grüße, 🐋", finish: "stop", error: null };
const events = [said("Grüße, "), said("🐋"), reason];
const lines = (end: string) => [...events, "[DONE]"].map((data) => `data: ${data}${end}${end}`).join("");
const isNoJson = expect.stringContaining("JSON") as unknown as string;

const BODIES: [how: string, body: string, told: Told][] = [
  ["as OpenAI sends it", lines("\n"), whole],
  ["with lines that end in CRLF", lines("\r\n"), whole],
  ["with lines that end in CR", lines("\r"), whole],
  ["with each end of lines in turn", `${event(said("Grüße, "))}data: ${said("🐋")}\r\rdata: ${reason}\r\n\r\n`, whole],
  ["with a byte order mark", `\ufeff${lines("\n")}`, whole],
  ["without a space behind the colon", events.map((data) => `data:${data}\n\n`).join(""), whole],
  [
    "with comments, ids, names, retries and unknown fields",
    `: OPENROUTER PROCESSING\n\n${events.map((data) => `: hi\nid: 1\nevent: message\nretry: 10\nx: y\n${event(data)}`).join("")}`,
    whole,
  ],
  ["without data in some events", `event: ping\n\ndata:\n\n\n\n${lines("\n")}`, whole],
  [
    "with an event over several lines",
    `data: {"choices":\ndata: [{"delta":\ndata:{"content":"a"}}]}\n\n`,
    { text: "a", finish: null, error: null },
  ],
  ["without a blank line at the end", lines("\n").slice(0, -1), whole],
  ["without an end of the last line", [event(said("Grüße, ")), event(said("🐋")), `data: ${reason}`].join(""), whole],
  ["that ends in CR", `${event(said("Grüße, "))}${event(said("🐋"))}data: ${reason}\r`, whole],
  ["that ends with [DONE] alone", `${event(said("a"))}data: [DONE]`, { text: "a", finish: "stop", error: null }],
  ["with blanks behind [DONE]", `${event(said("a"))}data:[DONE]  \n\n`, { text: "a", finish: "stop", error: null }],
  [
    "with anything behind [DONE]",
    `${lines("\n")}${event(said("more"))}${event("{no json")}event: error\n${event("{}")}`,
    whole,
  ],
  [
    "with [DONE] in what is said",
    `${event(said("data: [DONE]\n\n"))}${event("{}")}`,
    { text: "data: [DONE]\n\n", finish: null, error: null },
  ],
  ["that says nothing", "", { text: "", finish: null, error: null }],
  ["that is cut in an event", `${event(said("a"))}data: {"choi`, { text: "a", finish: null, error: isNoJson }],
  [
    "that is no JSON",
    `${event(said("a"))}${event("{not json")}${event(said("b"))}`,
    { text: "a", finish: null, error: isNoJson },
  ],
  [
    "with an error among its events",
    `${event(said("a"))}${event('{"error":{"message":"Overloaded"}}')}`,
    { text: "a", finish: null, error: "Overloaded" },
  ],
  [
    "with an error beside choices",
    `${event(said("a"))}${event('{"choices":[],"error":{"message":"Overloaded"}}')}`,
    { text: "a", finish: null, error: "Overloaded" },
  ],
  [
    "with an event that is called an error",
    `${event(said("a"))}event: error\n${event('{"message":"Overloaded"}')}`,
    { text: "a", finish: null, error: "Overloaded" },
  ],
  [
    "with an error that is a text",
    `event: error\n${event('"Overloaded"')}`,
    { text: "", finish: null, error: "Overloaded" },
  ],
  [
    "with an error in a list",
    event('[{"error":{"message":"Overloaded"}}]'),
    { text: "", finish: null, error: "Overloaded" },
  ],
];

it.each(BODIES)("a body %s is told the same, wherever its reads cut it in two", async (_how, body, expected) => {
  const bytes = utf8.encode(body);
  expect((await read([bytes])).told).toEqual(expected);
  for (let place = 1; place < bytes.length; place += 1) {
    expect((await read(cutAt(bytes, [place]))).told).toEqual(expected);
  }
});

it.each(BODIES)("a body %s is told the same byte by byte", async (_how, body, expected) => {
  const bytes = utf8.encode(body);
  expect((await read(cutAt(bytes, [...bytes.keys()].slice(1)))).told).toEqual(expected);
});

it("any deltas are told as they were sent, however the reads cut them and lines end", async () => {
  const delta = fc.oneof(
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 6 }),
    fc.constantFrom("\n", "\r", "\r\n", "data: ", "🐋", "\u2028"),
  );
  const places = fc.array(fc.nat({ max: 2_000 }), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(delta, { maxLength: 12 }),
      places,
      fc.constantFrom("\n", "\r", "\r\n"),
      async (deltas, cuts, end) => {
        const bytes = utf8.encode([...deltas.map(said), reason].map((data) => `data: ${data}${end}${end}`).join(""));
        const reads = cutAt(
          bytes,
          cuts.filter((place) => place > 0 && place < bytes.length),
        );
        expect((await read(reads)).told).toEqual({ text: deltas.join(""), finish: "stop", error: null });
      },
    ),
    { numRuns: 300 },
  );
});

it("what is read together is one burst, in order, and nothing is one of nothing", async () => {
  const { bursts } = await read([
    utf8.encode(event(said("a")) + event(said("b")) + event(said("c")).slice(0, 9)),
    utf8.encode(event(said("c")).slice(9, 12)),
    utf8.encode(event(said("c")).slice(12) + event(said("d"))),
    utf8.encode(event(reason)),
  ]);
  const text = (delta: string) => ({ type: "text", delta });
  expect(bursts).toEqual([
    [text("a"), text("b")],
    [text("c"), text("d")],
  ]);
});

it("what is read together with a failure is told before it", async () => {
  const { bursts, told } = await read([utf8.encode(event(said("a")) + event(said("b")) + event("{not json"))]);
  expect(bursts.flat()).toHaveLength(2);
  expect(told).toEqual({ text: "ab", finish: null, error: isNoJson });
});

it("an answer in JSON is one event, wherever its reads cut it", async () => {
  const bytes = utf8.encode(
    JSON.stringify({ choices: [{ message: { content: "Grüße, 🐋" }, finish_reason: "stop" }] }),
  );
  for (let place = 1; place < bytes.length; place += 1) {
    expect((await read(cutAt(bytes, [place]), "application/json")).told).toEqual(whole);
  }
  expect((await read([bytes.slice(0, -1)], "application/json")).told.error).toEqual(isNoJson);
  expect((await read([], "application/json")).told.error).toEqual(isNoJson);
});

it("a web page is no answer, and nobody reads it to its end", async () => {
  const cancel = vi.fn<() => void>();
  const page = new Response(new ReadableStream({ cancel }), { headers: { "content-type": "text/html" } });
  await expect(readAnswer(page, newReader(), asked()).next()).rejects.toThrow("is the base URL right?");
  expect(cancel).toHaveBeenCalledOnce();
});

it.each([
  ["a line without an end", STREAM, `data: ${"x".repeat(1024 * 1024)}`, "x".repeat(1024 * 1024)],
  ["an event without an end", STREAM, "", `data: ${"x".repeat(1024 * 1024)}\n`],
  ["an answer in JSON", "application/json", "", "x".repeat(1024 * 1024)],
])("%s is given up before it fills the memory", async (_what, type, first, more) => {
  let sent = 0;
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        controller.enqueue(utf8.encode(sent === 0 ? event(said("a")) + first : more));
        sent += 1;
        if (sent > 64) controller.close();
      },
    },
    { highWaterMark: 0 },
  );
  const reading = (async () => {
    const bursts = readAnswer(new Response(body, { headers: { "content-type": type } }), newReader(), asked());
    for await (const _ of bursts);
  })();
  await expect(reading).rejects.toThrow("sent more at once than an answer may hold");
  expect(sent).toBeLessThan(12);
});

it("a long line that is no field of an event is not kept", async () => {
  const junk = Array.from({ length: 20 }, () => utf8.encode("<p>".repeat(200_000)));
  expect((await read([...junk, utf8.encode(`\n\n${lines("\n")}`)])).told).toEqual(whole);
});
