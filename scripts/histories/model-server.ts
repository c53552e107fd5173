import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Turn } from "./operations.ts";
import type { Asked, Clock, PromptMessage } from "./record.ts";
import { toolArguments } from "./tools.ts";
import { answerParts, tokenOf } from "./words.ts";

/** How long a stalled model is silent. The server gives up before that (`MODEL_TIMEOUT_MS`). */
const STALL_MS = 4_000;

/** The answer to a request that no plan is left for. */
const PLAIN: Turn = { does: "answer", delayMs: 0, words: 2, everyMs: 0 };

interface WireMessage {
  role: string;
  content: string | null;
  tool_calls?: { id: string; function: { name: string; arguments: string } }[];
  tool_call_id?: string;
}

/**
 * An OpenAI-compatible server on loopback that does what the plan says and records what it was asked. It runs in this
 * process for two reasons: one clock orders what the model and the clients see, and the kill of the server does not reach
 * it.
 */
export class ModelServer {
  readonly asked: Asked[] = [];
  /** Requests that belong to no operation. */
  readonly strangers: string[] = [];
  readonly #turns = new Map<string, Turn[]>();
  readonly #counts = new Map<string, number>();
  readonly #clock: Clock;
  readonly #server = createServer((request, response) => {
    this.#answer(request, response).catch(() => response.destroy());
  });

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Starts the server and returns its base URL. */
  async listen(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** Plans what the model does when the run of this operation asks it. */
  script(token: string, turns: readonly Turn[]): void {
    this.#turns.set(token, [...turns]);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = "";
    for await (const chunk of request) body += chunk;
    const messages = (JSON.parse(body) as { messages: WireMessage[] }).messages.map(promptMessage);
    const token = tokenOf(messages);
    if (token === null) {
      this.strangers.push(messages.at(-1)?.content ?? "");
      response.writeHead(400).end();
      return;
    }
    const nth = (this.#counts.get(token) ?? 0) + 1;
    this.#counts.set(token, nth);
    const asked: Asked = {
      token,
      startedAt: this.#clock.tick(),
      endedAt: Number.POSITIVE_INFINITY,
      prompt: messages,
      end: "open",
      text: "",
    };
    this.asked.push(asked);
    const over = (end: Asked["end"]) => {
      if (asked.end !== "open") return;
      asked.end = end;
      asked.endedAt = this.#clock.tick();
    };
    response.on("close", () => over("left"));
    await play(this.#turns.get(token)?.shift() ?? PLAIN, { response, asked, nth, over });
  }
}

/** One request of a run. It is the run's `nth`, and `over` records how its answer ended. */
interface Played {
  response: ServerResponse;
  asked: Asked;
  nth: number;
  over(end: Asked["end"]): void;
}

async function play(turn: Turn, { response, asked, nth, over }: Played): Promise<void> {
  if (turn.does !== "stall") await pause(turn.delayMs);
  if (turn.does === "fail") {
    over("fault");
    // Lets the server retry at once. How long its OpenAI client waits is tested elsewhere.
    const headers = { "Content-Type": "application/json", "retry-after-ms": "5" };
    response.writeHead(turn.status, headers).end(JSON.stringify({ error: { message: "As planned." } }));
    return;
  }
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  if (turn.does === "call") {
    const calls = turn.calls.map((name, index) => {
      const id = `call${nth}x${index}of${asked.token}`;
      return { index, id, type: "function", function: { name, arguments: toolArguments(name, id) } };
    });
    send(response, { delta: { tool_calls: calls }, finish_reason: null });
    over("whole");
    end(response, "tool_calls");
    return;
  }
  for (const part of answerParts(asked.token, nth, turn.words)) {
    if (response.destroyed) return;
    if (turn.does === "answer" && turn.everyMs > 0) await pause(turn.everyMs);
    asked.text += part;
    send(response, { delta: { content: part }, finish_reason: null });
  }
  if (turn.does === "answer") {
    over(response.destroyed ? "left" : "whole");
    end(response, "stop");
    return;
  }
  if (turn.does === "stall") await pause(STALL_MS);
  over("fault");
  response.destroy();
}

function promptMessage({ role, content, tool_calls, tool_call_id }: WireMessage): PromptMessage {
  return {
    role,
    content: content ?? "",
    calls: (tool_calls ?? []).map(({ id, function: { name, arguments: args } }) => ({ id, name, arguments: args })),
    callId: tool_call_id ?? null,
  };
}

function send(response: ServerResponse, choice: object): void {
  const chunk = { object: "chat.completion.chunk", created: 0, model: "histories", choices: [{ index: 0, ...choice }] };
  response.write(`data: ${JSON.stringify({ id: "chatcmpl-histories", ...chunk })}\n\n`);
}

function end(response: ServerResponse, reason: string): void {
  send(response, { delta: {}, finish_reason: reason });
  response.end("data: [DONE]\n\n");
}

const pause = (ms: number) => (ms > 0 ? new Promise<void>((wake) => setTimeout(wake, ms)) : Promise.resolve());
