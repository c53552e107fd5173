import type { UiCallChunk, UiChunk, UiMetadata } from "./chunk.ts";
import type { UiMessage, UiPart, UiTextPart, UiToolPart } from "./message.ts";

/** Makes of chunks the message that AI SDK UI's own client makes of them. A part that is transient is in no message. */
export class MessageFold {
  readonly #parts: UiPart[] = [];
  readonly #texts = new Map<string, UiTextPart>();
  readonly #calls = new Map<string, UiToolPart>();
  #id = "";
  #metadata: Partial<UiMetadata> = {};

  get message(): UiMessage {
    return { id: this.#id, role: "assistant", metadata: this.#metadata as UiMetadata, parts: this.#parts };
  }

  add(chunk: UiChunk): void {
    switch (chunk.type) {
      case "start":
        this.#id = chunk.messageId;
        this.#merge(chunk.messageMetadata);
        break;
      case "message-metadata":
      case "finish":
        this.#merge(chunk.messageMetadata);
        break;
      case "start-step":
        this.#parts.push({ type: "step-start" });
        break;
      case "text-start":
        this.#begin(chunk.id, { type: "text", text: "", state: "streaming" });
        break;
      case "reasoning-start":
        this.#begin(chunk.id, { type: "reasoning", id: chunk.id, text: "", state: "streaming" });
        break;
      case "text-delta":
      case "reasoning-delta":
        this.#change(chunk.id, (part) => {
          part.text += chunk.delta;
        });
        break;
      case "text-end":
      case "reasoning-end":
        this.#change(chunk.id, (part) => {
          part.state = "done";
        });
        break;
      case "data-requirement":
      case "data-member":
        this.#put(chunk);
        break;
      case "data-member-delta":
      case "data-summary":
      case "finish-step":
      case "abort":
      case "error":
        break;
      default:
        this.#call(chunk);
    }
  }

  #merge(metadata: Partial<UiMetadata>): void {
    this.#metadata = { ...this.#metadata, ...metadata };
  }

  #begin(id: string, part: UiTextPart): void {
    this.#texts.set(id, part);
    this.#parts.push(part);
  }

  #change(id: string, change: (part: UiTextPart) => void): void {
    const part = this.#texts.get(id);
    if (part !== undefined) change(part);
  }

  /** A part of data is replaced where it stands. */
  #put(part: Extract<UiPart, { id: string; data: object }>): void {
    const at = this.#parts.findIndex((one) => one.type === part.type && "id" in one && one.id === part.id);
    if (at < 0) this.#parts.push(part);
    else this.#parts[at] = part;
  }

  #call(chunk: UiCallChunk): void {
    const { toolCallId } = chunk;
    if (chunk.type === "tool-input-available") {
      this.#called(toolCallId, `tool-${chunk.toolName}`, chunk.input);
      return;
    }
    const part = this.#calls.get(toolCallId);
    if (part !== undefined) changeCall(part, chunk);
  }

  /** What people are asked about again is the same part again. */
  #called(toolCallId: string, type: UiToolPart["type"], input: UiToolPart["input"]): void {
    const known = this.#calls.get(toolCallId);
    if (known !== undefined) {
      known.state = "input-available";
      known.input = input;
      return;
    }
    const part: UiToolPart = { type, toolCallId, state: "input-available", input };
    this.#calls.set(toolCallId, part);
    this.#parts.push(part);
  }
}

function changeCall(part: UiToolPart, chunk: Exclude<UiCallChunk, { type: "tool-input-available" }>): void {
  switch (chunk.type) {
    case "tool-approval-request":
      part.state = "approval-requested";
      part.approval = { id: chunk.approvalId };
      break;
    case "tool-output-available":
      part.state = "output-available";
      part.output = chunk.output;
      break;
    case "tool-output-error":
      part.state = "output-error";
      part.errorText = chunk.errorText;
      break;
    case "tool-output-denied":
      part.state = "output-denied";
  }
}
