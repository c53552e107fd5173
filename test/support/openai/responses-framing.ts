import type { ChatUsage, Framing } from "./framing.ts";

/** An item of the output that is under way. */
interface OpenItem {
  kind: "message" | "reasoning" | "function_call";
  place: number;
  item: Record<string, unknown> & { id: string };
  text: string;
}

interface CallPiece {
  index?: number;
  id?: string;
  function?: { name?: string; arguments?: string };
}

/** The body that the framing reads. */
interface Asked {
  model?: string;
  include?: string[];
  reasoning?: { summary?: string };
}

const PREFIXES = { message: "msg", reasoning: "rs", function_call: "fc" };

/**
 * Frames an answer as the Responses API does: each message, each call and each thought is an item, with events for its
 * beginning, its pieces and its end; then the whole response. `reasoning_content` of a delta is a summary of a thought.
 */
export class ResponsesFraming implements Framing {
  readonly #number: number;
  readonly #request: Asked;
  readonly #send: (bytes: string) => void;
  readonly #output: Record<string, unknown>[] = [];
  #open: OpenItem | null = null;
  #sequence = 0;

  constructor(number: number, request: unknown, send: (bytes: string) => void) {
    this.#number = number;
    this.#request = request as Asked;
    this.#send = send;
  }

  /** Sends one event as the API sends it. */
  event(type: string, fields: Record<string, unknown>): void {
    if (this.#sequence === 0 && type !== "response.created") this.#begin();
    this.#write(type, fields);
  }

  delta(delta: Record<string, unknown>): void {
    if (this.#sequence === 0) this.#begin();
    const { content, refusal, reasoning_content: thought, tool_calls: calls } = delta;
    if (typeof thought === "string" && thought !== "") this.#thought(thought);
    if (typeof content === "string" && content !== "") this.#said("output_text", content);
    if (typeof refusal === "string" && refusal !== "") this.#said("refusal", refusal);
    if (Array.isArray(calls)) for (const call of calls as CallPiece[]) this.#called(call);
  }

  /** The whole response is all that says so, so it is the end of the stream as well. */
  reason(reason: string): void {
    this.finish(reason, null);
  }

  finish(reason: string, usage: ChatUsage | null): void {
    if (this.#sequence === 0) this.#begin();
    const cut = { length: "max_output_tokens", content_filter: "content_filter" }[reason];
    this.#close(cut === undefined ? "completed" : "incomplete");
    const status = cut === undefined ? "completed" : "incomplete";
    const response = {
      ...this.#response(status),
      ...(cut !== undefined && { incomplete_details: { reason: cut } }),
      ...(usage && { usage: responsesUsage(usage) }),
    };
    this.#write(`response.${status}`, { response });
  }

  #begin(): void {
    this.#write("response.created", { response: this.#response("in_progress") });
    this.#write("response.in_progress", { response: this.#response("in_progress") });
  }

  #thought(delta: string): void {
    const { item, place } = this.#inside("reasoning", () => ({ summary: [] }));
    const at = { item_id: item.id, output_index: place, summary_index: 0 };
    if (this.#open?.text === "") {
      this.#write("response.reasoning_summary_part.added", { ...at, part: { type: "summary_text", text: "" } });
    }
    this.#write("response.reasoning_summary_text.delta", { ...at, delta });
    this.#add(delta);
  }

  #said(type: "output_text" | "refusal", delta: string): void {
    const open = this.#inside("message", () => ({ status: "in_progress", role: "assistant", content: [] }));
    const at = { item_id: open.item.id, output_index: open.place, content_index: 0 };
    const part = type === "refusal" ? { type, refusal: "" } : { type, annotations: [], logprobs: [], text: "" };
    if (open.text === "") {
      open.item.content = [part];
      this.#write("response.content_part.added", { ...at, part });
    }
    this.#write(`response.${type}.delta`, { ...at, delta });
    this.#add(delta);
  }

  #called({ index = 0, id, function: piece = {} }: CallPiece): void {
    if (piece.name !== undefined) {
      this.#close("completed");
      const callId = id ?? `call_${this.#number}_${index}`;
      this.#inside("function_call", () => ({
        status: "in_progress",
        call_id: callId,
        name: piece.name,
        arguments: "",
      }));
    }
    const open = this.#open;
    if (open === null || piece.arguments === undefined || piece.arguments === "") return;
    const at = { item_id: open.item.id, output_index: open.place };
    this.#write("response.function_call_arguments.delta", { ...at, delta: piece.arguments });
    this.#add(piece.arguments);
  }

  /** The item of this kind that is under way; another one ends before it begins. */
  #inside(kind: OpenItem["kind"], fields: () => Record<string, unknown>): OpenItem {
    if (this.#open?.kind === kind) return this.#open;
    this.#close("completed");
    const place = this.#output.length;
    const item = { id: `${PREFIXES[kind]}_${this.#number}_${place}`, type: kind, ...fields() };
    this.#open = { kind, place, item, text: "" };
    this.#write("response.output_item.added", { output_index: place, item });
    return this.#open;
  }

  #add(delta: string): void {
    if (this.#open) this.#open.text += delta;
  }

  #close(status: "completed" | "incomplete"): void {
    const open = this.#open;
    if (open === null) return;
    this.#open = null;
    const item = { ...open.item, ...this.#whole(open), ...(open.kind !== "reasoning" && { status }) };
    this.#output.push(item);
    this.#write("response.output_item.done", { output_index: open.place, item });
  }

  #whole({ kind, item, text }: OpenItem): Record<string, unknown> {
    switch (kind) {
      case "function_call":
        return { arguments: text };
      case "reasoning":
        return {
          summary: [{ type: "summary_text", text }],
          ...(this.#request.include?.includes("reasoning.encrypted_content") && {
            encrypted_content: `encrypted ${item.id}`,
          }),
        };
      case "message": {
        const [part] = item.content as { type: string }[];
        return { content: [{ ...part, ...(part?.type === "refusal" ? { refusal: text } : { text }) }] };
      }
    }
  }

  #response(status: string) {
    return {
      ...{ id: `resp_${this.#number}`, object: "response", created_at: 1_700_000_000, status, error: null },
      ...{ incomplete_details: null, model: this.#request.model, output: this.#output, store: false, usage: null },
    };
  }

  #write(type: string, fields: Record<string, unknown>): void {
    const event = { type, sequence_number: this.#sequence, ...fields };
    this.#sequence += 1;
    this.#send(`event: ${type}\ndata: ${JSON.stringify(event)}\n\n`);
  }
}

function responsesUsage(usage: ChatUsage) {
  return {
    input_tokens: usage.prompt_tokens,
    input_tokens_details: { cached_tokens: usage.prompt_tokens_details?.cached_tokens ?? 0 },
    output_tokens: usage.completion_tokens,
    output_tokens_details: { reasoning_tokens: usage.completion_tokens_details?.reasoning_tokens ?? 0 },
    total_tokens: usage.total_tokens,
  };
}
