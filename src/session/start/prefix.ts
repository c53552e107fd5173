import { type Failure, payloadTooLarge } from "../../domain/error.ts";
import { MAX_PREFIX_BYTES, MAX_PREFIX_MESSAGES, MAX_SYSTEM_BYTES } from "../../domain/limits.ts";
import type { Message } from "../../domain/message.ts";
import type { MadeOrigin, RunOrigin } from "../../domain/run.ts";
import { storedBytes } from "../../lib/stored-bytes.ts";
import { utf8Bytes } from "../../lib/text.ts";
import type { StoredRun } from "../../store/runs/runs.ts";

/**
 * What a run that is made from an older one begins with: that run's first messages, and the instructions in
 * its system message.
 */
export interface Prefix {
  messages: readonly Message[];
  instructions: string | null;
}

export const prefixOf = ({ row, messages }: StoredRun, { messageIndex }: MadeOrigin): Prefix => ({
  messages: withinBounds(messages.slice(0, messageIndex)),
  instructions: row.origin?.instructions ?? null,
});

/** If the messages are too large, they go without their provider data, rather than that no run is made. */
function withinBounds(messages: readonly Message[]): readonly Message[] {
  return prefixBytes(messages) <= MAX_PREFIX_BYTES
    ? messages
    : messages.map((message) =>
        message.role === "assistant" && message.providerData !== null
          ? { ...message, providerData: { ...message.providerData, data: null } }
          : message,
      );
}

const prefixBytes = (messages: readonly Message[]): number =>
  messages.reduce((sum, message) => sum + storedBytes(message), 0);

/** Why a run cannot begin with this prefix. Without limits each run that is made from the last one could be longer. */
export function oversizedPrefix(prefix: Prefix, origin: MadeOrigin): Failure | null {
  const { messages } = prefix;
  if (prefixBytes(messages) > MAX_PREFIX_BYTES) {
    return payloadTooLarge("What the run would begin with", MAX_PREFIX_BYTES);
  }
  if (messages.length > MAX_PREFIX_MESSAGES) {
    return {
      code: "payload_too_large",
      detail: `The run would begin with ${messages.length} messages, and takes ${MAX_PREFIX_MESSAGES}.`,
    };
  }
  const system = systemMessage(prefix, origin);
  return system !== null && utf8Bytes(system) > MAX_SYSTEM_BYTES
    ? payloadTooLarge("The run's system message with additional_instructions", MAX_SYSTEM_BYTES)
    : null;
}

/** The messages that the new run begins with: the prefix, with the user message or the instructions that are new. */
export function inputBehindPrefix(
  prefix: Prefix,
  origin: RunOrigin | null,
  nowMs: number,
  newId: () => string,
): Message[] {
  const { messages } = prefix;
  if (origin?.type === "continued" && origin.input !== null) {
    return [...messages, { role: "user", messageId: newId(), content: origin.input, createdAt: nowMs }];
  }
  const system = systemMessage(prefix, origin);
  if (system === null) {
    return [...messages];
  }
  const [first, ...rest] = messages;
  return first?.role === "system"
    ? [{ ...first, content: system }, ...rest]
    : [{ role: "system", messageId: newId(), content: system, createdAt: nowMs }, ...messages];
}

/** The system message, in which the new instructions replace the former ones; null if the instructions are the same. */
function systemMessage({ messages: [first], instructions: before }: Prefix, origin: RunOrigin | null): string | null {
  const instructions = origin?.type === "regenerated" ? origin.instructions : null;
  if (instructions === null || instructions === before) {
    return null;
  }
  const told = first?.role === "system" ? first.content : "";
  const own = before === null ? told : withoutEnd(told, before);
  return own === "" ? instructions : `${own}\n${instructions}`;
}

function withoutEnd(text: string, end: string): string {
  if (text === end) {
    return "";
  }
  return text.endsWith(`\n${end}`) ? text.slice(0, -end.length - 1) : text;
}
