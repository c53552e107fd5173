import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { ModelBurst } from "../../../../src/domain/model.ts";
import { ChatReader } from "../../../../src/model/openai/chat/reader.ts";
import { readAnswer } from "../../../../src/model/openai/read-stream.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const utf8 = new TextEncoder();
const event = (data: unknown) => `data: ${JSON.stringify(data)}\n\n`;
const said = (content: string) => event({ choices: [{ delta: { content } }] });
const TIMEOUT_MS = 5_000;

/** An answer whose reads the test makes: each text that it sends is one. */
function streamed() {
  let body: ReadableStreamDefaultController<Uint8Array> | undefined;
  const stream = new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        body = controller;
      },
      cancel: () => {
        body = undefined;
      },
    },
    { highWaterMark: 0 },
  );
  const controller = new AbortController();
  const reader = new ChatReader({ idPrefix: "call", finishOnDone: true });
  const response = new Response(stream, { headers: { "content-type": "text/event-stream" } });
  const bursts = readAnswer(response, reader, { signal: controller.signal, timeoutMs: TIMEOUT_MS });
  const told: string[] = [];
  let end: unknown = null;
  const textOf = (burst: ModelBurst) =>
    burst.map((chunk) => (chunk.type === "text" ? chunk.delta : `(${chunk.type})`)).join("");
  return {
    bursts,
    told,
    isOpen: () => body !== undefined,
    /** How many reads nobody has made yet. */
    unread: () => -(body?.desiredSize ?? 0),
    end: () => end,
    abort: () => controller.abort(),
    /** Sends each text as a read of its own. Time does not pass meanwhile. */
    async send(...texts: string[]) {
      for (const text of texts) {
        body?.enqueue(utf8.encode(text));
        await vi.advanceTimersByTimeAsync(0);
      }
    },
    async close() {
      body?.close();
      await vi.advanceTimersByTimeAsync(0);
    },
    async break(message: string) {
      body?.error(new Error(message));
      await vi.advanceTimersByTimeAsync(0);
    },
    /** Reads the answer to its end, as fast as it is told. */
    read() {
      void (async () => {
        try {
          for await (const burst of bursts) told.push(textOf(burst));
          end = "ended";
        } catch (error) {
          end = (error as Error).message;
        }
      })();
    },
  };
}

const after = (ms: number) => vi.advanceTimersByTimeAsync(ms);

/** An answer of twelve deltas that came at once: the last nine of them wait. */
async function fastAnswer() {
  const answer = streamed();
  answer.read();
  await answer.send(...[..."abcdefghijkl"].map(said));
  expect(answer.told).toEqual(["a", "b", "c"]);
  return answer;
}

it("deltas of a fast model are told together, ten milliseconds behind those before them; the first ones wait for nothing", async () => {
  const answer = await fastAnswer();
  await after(4);
  await answer.send(said("m"));
  await after(5);
  expect(answer.told).toEqual(["a", "b", "c"]);
  await after(1);
  expect(answer.told).toEqual(["a", "b", "c", "defghijklm"]);
  await answer.close();
  expect(answer.end()).toBe("ended");
  expect(vi.getTimerCount()).toBe(0);
});

it("no delta of a slow model waits, and none has a timer of its own", async () => {
  const answer = streamed();
  answer.read();
  for (const text of "abcdefgh") {
    await answer.send(said(text));
    expect(answer.told.at(-1)).toBe(text);
    expect(vi.getTimerCount()).toBe(1);
    await after(4);
  }
  expect(answer.told).toHaveLength(8);
});

const call = { index: 0, id: "1", function: { name: "add", arguments: "" } };

it.each([
  ["a call of a tool", event({ choices: [{ delta: { tool_calls: [call] } }] }), "defghijkl(tool_call)"],
  ["the reason of the end", event({ choices: [{ delta: {}, finish_reason: "stop" }] }), "defghijkl"],
  ["[DONE]", "data: [DONE]\n\n", "defghijkl"],
])("%s waits for nothing, and what waits goes before it", async (_what, sent, told) => {
  const answer = await fastAnswer();
  await answer.send(sent);
  expect(answer.told).toEqual(["a", "b", "c", told]);
});

it("the end of the body waits for nothing, and what waits goes before it", async () => {
  const answer = await fastAnswer();
  await answer.close();
  expect(answer.told).toEqual(["a", "b", "c", "defghijkl"]);
  expect(answer.end()).toBe("ended");
});

it.each([
  ["an error of the provider", event({ error: { message: "Overloaded" } }), "Overloaded"],
  ["what is no JSON", "data: {no\n\n", expect.stringContaining("JSON")],
])("%s waits for nothing, and what waits is told before it", async (_what, sent, error) => {
  const answer = await fastAnswer();
  await answer.send(sent);
  expect(answer.told).toEqual(["a", "b", "c", "defghijkl"]);
  expect(answer.end()).toEqual(error);
});

it("a connection that breaks waits for nothing, and what waits is told before it", async () => {
  const answer = await fastAnswer();
  await answer.break("lost");
  expect(answer.told).toEqual(["a", "b", "c", "defghijkl"]);
  expect(answer.end()).toBe("lost");
});

it("a model that falls silent behind deltas that wait has told them long before its time is up", async () => {
  const answer = await fastAnswer();
  await after(10);
  expect(answer.told).toEqual(["a", "b", "c", "defghijkl"]);
  await after(TIMEOUT_MS - 1);
  expect(answer.end()).toBe(null);
  await after(1);
  expect(answer.end()).toContain("did not answer within 5 seconds");
  expect(answer.isOpen()).toBe(false);
  expect(vi.getTimerCount()).toBe(0);
});

it("an answer that is stopped ends at once, and tells nothing of what waits", async () => {
  const answer = await fastAnswer();
  answer.abort();
  await after(0);
  expect(answer.end()).toBe("ended");
  expect(answer.told).toEqual(["a", "b", "c"]);
  expect(answer.isOpen()).toBe(false);
  expect(vi.getTimerCount()).toBe(0);
});

it("nothing is read ahead of who takes it: not behind the first burst, nor behind any other", async () => {
  const answer = streamed();
  await answer.send(...[..."abcdefgh"].map(said));
  expect(answer.unread()).toBe(8);
  for (const unread of [7, 6, 5]) {
    expect((await answer.bursts.next()).value).toHaveLength(1);
    await after(1);
    expect(answer.unread()).toBe(unread);
  }
  await answer.bursts.return(undefined);
  expect(answer.isOpen()).toBe(false);
});

it("of a model that sends more in ten milliseconds than may wait, no more is read before it is taken", async () => {
  const answer = streamed();
  const [few, much] = [[..."abcd"], Array.from({ length: 20 }, () => "x".repeat(8 * 1024))];
  await answer.send(...[...few, ...much].map(said));
  expect(answer.unread()).toBe(24);
  for (const unread of [23, 22, 21]) {
    await answer.bursts.next();
    expect(answer.unread()).toBe(unread);
  }
  expect((await answer.bursts.next()).value).toHaveLength(5);
  await after(100);
  expect(answer.unread()).toBe(16);
  await answer.bursts.return(undefined);
});

it("a delta that comes while nobody asks is read by who asks next, even where one was asked for before", async () => {
  const answer = streamed();
  const told = async () => {
    const { value = [] } = await answer.bursts.next();
    return (value as ModelBurst).map((chunk) => (chunk.type === "text" ? chunk.delta : chunk.type));
  };
  const send = async (text: string) => answer.send(...[...text].map(said));
  await send("abcdef");
  expect([await told(), await told(), await told()]).toEqual([["a"], ["b"], ["c"]]);
  const late = told();
  await after(10);
  expect(await late).toEqual(["d", "e", "f"]);
  await send("g");
  await after(100);
  expect(await told()).toEqual(["g"]);
  await answer.bursts.return(undefined);
});
