import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { newRouter } from "../../../src/api/shared/route.ts";
import { payloadTooLarge } from "../../../src/domain/error.ts";
import { MAX_BODY_BYTES } from "../../../src/domain/limits.ts";
import { limitBody } from "../../../src/http/limits.ts";
import { BodyReader } from "../../../src/http/read-body.ts";
import { routeScope } from "../../../src/http/scope.ts";
import { deployed, smallApp, withKey } from "../../support/small-app.ts";

const KB = 1024;
const bytes = (count: number) => new Uint8Array(count).fill(0x61);

/** A body that brings only what it is told to. */
function slowBody() {
  const told = { pulls: 0, isCancelled: false };
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = new ReadableStream<Uint8Array>(
    {
      start(its) {
        controller = its;
      },
      pull() {
        told.pulls++;
      },
      cancel() {
        told.isCancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return {
    body,
    told,
    bring: (count: number) => controller?.enqueue(bytes(count)),
    end: () => controller?.close(),
  };
}

const router = newRouter();
router.post("/raw", routeScope("credential"), limitBody(MAX_BODY_BYTES), async (c) =>
  c.json({ chars: (await c.req.text()).length }),
);
const { request } = smallApp({ routers: [router] });
const post = (path: string, body: ReadableStream, headers: Record<string, string> = {}) =>
  request(path, { method: "POST", headers, body });

describe("a body on its way", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] }));
  afterEach(() => void vi.useRealTimers());

  /** Sends a body that brings a byte so often, so many seconds apart, and then nothing. */
  async function sendBytes(times: number, secondsApart: number) {
    const slow = slowBody();
    const answered = { status: 0 };
    const answer = post("/raw", slow.body).then((response) => {
      answered.status = response.status;
      return response;
    });
    await vi.advanceTimersByTimeAsync(0);
    for (let nth = 0; nth < times; nth++) {
      slow.bring(1);
      await vi.advanceTimersByTimeAsync(secondsApart * 1_000);
    }
    return { ...slow, answer, answered };
  }

  it("that brings nothing for 30 seconds is answered 408, and the rest is not read", async () => {
    const { answer, answered, told } = await sendBytes(1, 0);
    await vi.advanceTimersByTimeAsync(29_999);
    expect([answered.status, told.isCancelled]).toEqual([0, false]);
    await vi.advanceTimersByTimeAsync(1);
    expect(await (await answer).json()).toMatchObject({
      detail: "The request body did not arrive in time. Send it again.",
      code: "body_timeout",
    });
    expect([answered.status, told.isCancelled]).toEqual([408, true]);
  });

  it("may take 120 seconds in all, and no longer", async () => {
    const passing = await sendBytes(11, 10);
    passing.end();
    expect(await (await passing.answer).json()).toEqual({ chars: 11 });
    const late = await sendBytes(11, 10);
    await vi.advanceTimersByTimeAsync(10_000);
    expect([(await late.answer).status, late.told.isCancelled]).toEqual([408, true]);
  });
});

describe("bodies that are on their way at once", () => {
  const tooLarge = payloadTooLarge("The request body", MAX_BODY_BYTES);

  it("are refused when they are large and too much is held of others, and read again when that is over", async () => {
    const reader = new BodyReader({ heldBytes: 300 * KB });
    const read = (body: ReadableStream<Uint8Array>) => reader.read(body, MAX_BODY_BYTES, tooLarge);
    const whole = (count: number) => new Response(bytes(count)).body as ReadableStream<Uint8Array>;
    const held = [slowBody(), slowBody()];
    const readings = held.map(({ body }) => read(body));
    for (const one of held) one.bring(120 * KB);
    await vi.waitFor(() => expect(held.map(({ told }) => told.pulls)).toEqual([2, 2]));
    await expect(read(whole(100 * KB))).rejects.toMatchObject({
      failure: { code: "server_busy", retryAfterSeconds: 5 },
    });
    expect((await read(whole(60 * KB))).length).toBe(60 * KB);
    for (const one of held) one.end();
    expect((await Promise.all(readings)).map(({ length }) => length)).toEqual([120 * KB, 120 * KB]);
    expect((await read(whole(250 * KB))).length).toBe(250 * KB);
  });

  it("do not count any more once they were refused", async () => {
    const reader = new BodyReader({ heldBytes: 300 * KB });
    const read = (count: number, limit: number) =>
      reader.read(new Response(bytes(count)).body as ReadableStream<Uint8Array>, limit, tooLarge);
    for (let nth = 0; nth < 5; nth++) {
      await expect(read(200 * KB, 100 * KB)).rejects.toMatchObject({ failure: { code: "payload_too_large" } });
    }
    expect((await read(290 * KB, MAX_BODY_BYTES)).length).toBe(290 * KB);
  });
});

describe("a body that nobody takes", () => {
  it.each([
    ["POST", "/nowhere", 404],
    ["POST", "/health", 405],
    ["POST", "/openapi.json", 405],
    ["PUT", "/raw", 405],
    ["PATCH", "/agents", 405],
  ])("is not read: %s %s", async (method, path, status) => {
    const { body, told } = slowBody();
    const { status: answered } = await request(path, { method, body });
    expect([answered, told.pulls]).toEqual([status, 0]);
  });

  it("is not read without a credential", async () => {
    const closed = smallApp({ vars: deployed, routers: [router] });
    const { body, told } = slowBody();
    expect([(await closed.request("/raw", { method: "POST", body })).status, told.pulls]).toEqual([401, 0]);
    const shown = slowBody();
    const answer = closed.request("/raw", { method: "POST", headers: withKey(), body: shown.body });
    await vi.waitFor(() => expect(shown.told.pulls).toBe(1));
    shown.end();
    expect((await answer).status).toBe(200);
  });
});
