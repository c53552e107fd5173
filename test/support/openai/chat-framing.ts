import type { ChatUsage, Framing } from "./framing.ts";
import type { ChatRequest } from "./requests.ts";

/** Frames an answer as Chat Completions does: one event a piece, then the reason, the usage and `[DONE]`. */
export class ChatFraming implements Framing {
  readonly #number: number;
  readonly #request: ChatRequest;
  readonly #send: (bytes: string) => void;
  #saidRole = false;

  constructor(number: number, request: ChatRequest, send: (bytes: string) => void) {
    this.#number = number;
    this.#request = request;
    this.#send = send;
  }

  delta(delta: Record<string, unknown>, finishReason: string | null = null): void {
    if (!this.#saidRole) {
      this.#saidRole = true;
      this.delta({ role: "assistant", content: "tool_calls" in delta ? null : "", refusal: null });
    }
    this.#event([{ index: 0, delta, logprobs: null, finish_reason: finishReason }], null);
  }

  reason(reason: string): void {
    this.delta({}, reason);
  }

  finish(reason: string, usage: ChatUsage | null): void {
    this.reason(reason);
    if (usage && this.#request.stream_options?.include_usage) this.#event([], usage);
    this.#send("data: [DONE]\n\n");
  }

  #event(choices: unknown[], usage: ChatUsage | null): void {
    const head = { id: `chatcmpl-${this.#number}`, object: "chat.completion.chunk", created: 1_700_000_000 };
    const asked = this.#request.stream_options?.include_usage ? { usage } : {};
    this.#send(`data: ${JSON.stringify({ ...head, model: this.#request.model, choices, ...asked })}\n\n`);
  }
}
