export const DEFAULT_USAGE: ChatUsage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };

export interface ChatUsage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  prompt_tokens_details?: { cached_tokens: number };
  completion_tokens_details?: { reasoning_tokens: number };
}

/** How one API of OpenAI's puts an answer into events. Scripts say every answer in the words of Chat Completions. */
export interface Framing {
  /** A piece of the answer: a `delta` of Chat Completions. */
  delta(delta: Record<string, unknown>, finishReason?: string | null): void;
  /** Only why the answer is over: no usage, and nothing that ends the stream. */
  reason(reason: string): void;
  /** The end of the answer; no usage is told where it is null. */
  finish(reason: string, usage: ChatUsage | null): void;
}
