import { describe, expect, it } from "vitest";
import type { Model, ModelBurst, ModelRequest } from "../../../../src/domain/model.ts";
import { EarlyAnswer } from "../../../../src/session/drive/early-answer.ts";

const REQUEST: ModelRequest = { messages: [{ role: "user", content: "hi" }], tools: [], toolChoice: "auto" };
const burst = (delta: string): ModelBurst => [{ type: "text", delta }];
const noDigests = () => Promise.resolve({});
const NEVER = new AbortController().signal;

interface Watched {
  model: Model;
  /** The signal of each request, in order. */
  asked: AbortSignal[];
  /** How many bursts were read. */
  read: number;
  /** How often a request was sent. */
  sent: number;
}

/** A model that answers "one two three"; it fails and sends again so many times first. */
function watched({ failures = 0, fields = {} }: { failures?: number; fields?: Partial<Model> } = {}): Watched {
  const seen: Watched = {
    asked: [],
    read: 0,
    sent: 0,
    model: {
      id: "one",
      name: "Model",
      provider: "Test",
      source: "test",
      ...fields,
      async *stream(request, signal) {
        seen.asked.push(signal);
        for (let tries = 0; tries <= failures; tries++) {
          await request.beforeSending?.();
          seen.sent += 1;
        }
        for (const delta of ["one", "two", "three"]) {
          seen.read += 1;
          yield burst(delta);
        }
      },
    },
  };
  return seen;
}

async function heard(bursts: AsyncIterable<ModelBurst>): Promise<string> {
  const said: string[] = [];
  for await (const chunks of bursts) said.push(...chunks.map((chunk) => (chunk.type === "text" ? chunk.delta : "")));
  return said.join(" ");
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("an early answer", () => {
  it("is asked for at once, and one burst of it is read until it is taken", async () => {
    const seen = watched();
    const early = new EarlyAnswer(seen.model, REQUEST, NEVER, noDigests);
    expect(seen.asked).toHaveLength(1);
    await turn();
    expect(seen.read).toBe(1);
    expect(await heard(early.model.stream({ ...REQUEST }, NEVER))).toBe("one two three");
    expect(seen.asked).toHaveLength(1);
  });

  it("answers one request only: the next one is asked as ever", async () => {
    const seen = watched();
    const early = new EarlyAnswer(seen.model, REQUEST, NEVER, noDigests);
    await heard(early.model.stream(REQUEST, NEVER));
    expect(await heard(early.model.stream(REQUEST, NEVER))).toBe("one two three");
    expect(seen.asked).toHaveLength(2);
  });

  it("is given up where the run asks something else", async () => {
    const seen = watched();
    const early = new EarlyAnswer(seen.model, REQUEST, NEVER, noDigests);
    const other: ModelRequest = { ...REQUEST, messages: [{ role: "user", content: "bye" }] };
    expect(await heard(early.model.stream(other, NEVER))).toBe("one two three");
    expect(seen.asked.map(({ aborted }) => aborted)).toEqual([true, false]);
  });

  it("sends nothing again until it is taken", async () => {
    const seen = watched({ failures: 2 });
    const early = new EarlyAnswer(seen.model, REQUEST, NEVER, noDigests);
    await turn();
    expect(seen.sent).toBe(1);
    expect(await heard(early.model.stream(REQUEST, NEVER))).toBe("one two three");
    expect(seen.sent).toBe(3);
  });

  it("is aborted with the run before it is taken, and sends nothing again", async () => {
    const seen = watched({ failures: 1 });
    const run = new AbortController();
    new EarlyAnswer(seen.model, REQUEST, run.signal, noDigests);
    await turn();
    run.abort();
    await turn();
    expect(seen.asked.map(({ aborted }) => aborted)).toEqual([true]);
    expect(seen.sent).toBe(1);
  });

  it("is aborted with the drive that has taken it", async () => {
    const seen = watched();
    const early = new EarlyAnswer(seen.model, REQUEST, NEVER, noDigests);
    const drive = new AbortController();
    const bursts = early.model.stream(REQUEST, drive.signal)[Symbol.asyncIterator]();
    expect((await bursts.next()).value).toEqual(burst("one"));
    drive.abort();
    expect(seen.asked[0]?.aborted).toBe(true);
  });

  it("tells a failure to the run that takes it, and to nobody else", async () => {
    const failing: Model = {
      ...watched().model,
      stream: () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error("away")) }) }),
    };
    const early = new EarlyAnswer(failing, REQUEST, NEVER, noDigests);
    await turn();
    await expect(heard(early.model.stream(REQUEST, NEVER))).rejects.toThrow("away");
  });

  it("names session and user to a model that takes digests", async () => {
    const seen = watched({ fields: { takesDigests: true } });
    const early = new EarlyAnswer(seen.model, REQUEST, NEVER, async () => ({ promptCacheKey: "key" }));
    expect(await heard(early.model.stream({ ...REQUEST, promptCacheKey: "key" }, NEVER))).toBe("one two three");
    expect(seen.asked).toHaveLength(1);
  });

  it("keeps what else is known of the model", () => {
    const fallback = watched().model;
    const { model } = new EarlyAnswer(watched({ fields: { fallbacks: [fallback] } }).model, REQUEST, NEVER, noDigests);
    expect(model).toMatchObject({ id: "one", source: "test", fallbacks: [fallback] });
  });
});
