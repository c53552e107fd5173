/** The provider's side of one exchange, framed as OpenAI frames it on either API; `scripted-model.ts` drives it. */
import { ChatFraming } from "./openai/chat-framing.ts";
import { type ChatUsage, DEFAULT_USAGE, type Framing } from "./openai/framing.ts";
import type { ChatRequest } from "./openai/requests.ts";
import { ResponsesFraming } from "./openai/responses-framing.ts";

/** One request that reached the provider. */
export interface ModelCall {
  /** From 1, in order of arrival since the test began. */
  number: number;
  api: "chat" | "responses";
  /** What was asked, in the form of Chat Completions, whichever API was asked. */
  request: ChatRequest;
  /** What was asked, as it was sent. */
  body: Record<string, unknown>;
  headers: Record<string, string>;
  /** Whether the client gave up (its signal, or the body cancelled) before the answer had ended. */
  aborted: boolean;
  /** Whether the answer is over: sent whole, broken, or aborted. */
  ended: boolean;
}

/** The real timer, so that fake timers of a test do not stop the provider. */
const realSetTimeout = globalThis.setTimeout;
export const sleep = (ms: number) => new Promise<void>((resolve) => void realSetTimeout(resolve, ms));

/**
 * Waits for a condition. It polls: a promise that one object waits for and another settles would cross workerd's I/O
 * contexts, and workerd takes a context without I/O of its own for one that hangs.
 */
export async function until(condition: () => boolean, what = "the condition", timeoutMs = 20_000): Promise<void> {
  for (const waitsUntil = Date.now() + timeoutMs; !condition(); await sleep(2)) {
    if (Date.now() >= waitsUntil) throw new Error(`Waited ${timeoutMs} ms in vain for ${what}.`);
  }
}

/** One HTTP exchange, as the steps see it. */
export class Connection {
  readonly call: ModelCall;
  usage: ChatUsage | null = DEFAULT_USAGE;
  readonly #answer = Promise.withResolvers<Response>();
  readonly #isOver: () => boolean;
  readonly #framing: Framing;
  #body: ReadableStreamDefaultController<Uint8Array> | null = null;
  #toolCalls = 0;

  constructor(call: ModelCall, isOver: () => boolean, signal: AbortSignal | null | undefined) {
    this.call = call;
    this.#isOver = isOver;
    const send = (bytes: string) => this.send(bytes);
    this.#framing =
      call.api === "chat"
        ? new ChatFraming(call.number, call.request, send)
        : new ResponsesFraming(call.number, call.body, send);
    const abort = () => {
      if (call.ended) return;
      call.aborted = true;
      this.break(signal?.reason);
    };
    if (signal?.aborted) abort();
    else signal?.addEventListener("abort", abort, { once: true });
  }

  /** What `fetch` answers. It rejects if the connection breaks before the headers. */
  get response(): Promise<Response> {
    return this.#answer.promise;
  }

  /** Waits in this connection's own I/O context. workerd lets no test touch the connection from another one. */
  async idle(condition: () => boolean): Promise<void> {
    await until(() => this.call.ended || this.#isOver() || condition(), "", Number.POSITIVE_INFINITY);
    if (this.#isOver()) this.respond(400, { error: { message: "The test that made this call is over." } });
  }

  /** Waits until the client has read all that was sent. A stream that breaks drops what nobody has read. */
  taken(): Promise<void> {
    return this.idle(() => this.#body === null || (this.#body.desiredSize ?? 1) > 0);
  }

  /** Sends bytes as they are; the first ones send the headers. */
  send(bytes: string): void {
    if (this.call.ended) return;
    if (!this.#body) this.#open();
    this.#body?.enqueue(new TextEncoder().encode(bytes));
  }

  /** A piece of the answer, in the words of Chat Completions. */
  delta(delta: Record<string, unknown>, finishReason: string | null = null): void {
    this.#framing.delta(delta, finishReason);
  }

  toolCall(name: string, args: string, { id, index = this.#toolCalls }: { id?: string; index?: number }): void {
    this.#toolCalls += 1;
    const callId = id ?? `call_${this.call.number}_${index}`;
    this.delta({ tool_calls: [{ index, id: callId, type: "function", function: { name, arguments: "" } }] });
    for (const fragment of args.match(/.{1,8}/gsu) ?? []) {
      this.delta({ tool_calls: [{ index, function: { arguments: fragment } }] });
    }
  }

  finish(reason = this.#toolCalls > 0 ? "tool_calls" : "stop"): void {
    this.#framing.finish(reason, this.usage);
    this.close();
  }

  /** Says why the answer is over, and leaves the connection open. */
  reason(reason: string): void {
    this.#framing.reason(reason);
  }

  close(): void {
    if (this.call.ended) return;
    if (!this.#body) this.#open();
    this.#body?.close();
    this.call.ended = true;
  }

  break(reason: unknown): void {
    if (this.call.ended) return;
    this.#body?.error(reason);
    this.#answer.reject(reason);
    this.call.ended = true;
  }

  /** Answers with one whole body, a text as it is and anything else as JSON. Breaks a stream that has begun. */
  respond(status: number, body: unknown, headers: Record<string, string> = {}): void {
    if (this.#body) this.break(new TypeError("Network connection lost."));
    const isText = typeof body === "string";
    const type = isText ? "text/plain" : "application/json";
    const init = { status, headers: { "content-type": type, "x-request-id": "req_scripted", ...headers } };
    this.#answer.resolve(new Response(isText ? body : JSON.stringify(body), init));
    this.call.ended = true;
  }

  #open(): void {
    const cancel = () => {
      this.call.aborted ||= !this.call.ended;
      this.call.ended = true;
    };
    const start = (body: ReadableStreamDefaultController<Uint8Array>) => {
      this.#body = body;
    };
    const stream = new ReadableStream<Uint8Array>({ start, cancel });
    this.#answer.resolve(new Response(stream, { headers: { "content-type": "text/event-stream; charset=utf-8" } }));
  }
}
