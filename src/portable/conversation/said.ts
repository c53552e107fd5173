import type { ToolCall } from "../../domain/model.ts";

/** A message of a conversation that comes from elsewhere: what was said, by whom, and when if that is known. */
export interface Said {
  role: "system" | "user" | "assistant" | "tool";
  content: string;
  /** The calls of an assistant's message. */
  calls: ToolCall[];
  /** For a tool's message: the call that the message answers. */
  answers: Pick<ToolCall, "id" | "name"> | null;
  at: number | null;
  model: string | null;
}

export const said = (role: Said["role"], content: string, more: Partial<Said> = {}): Said => ({
  role,
  content,
  calls: [],
  answers: null,
  at: null,
  model: null,
  ...more,
});

/** Counts by their names what a conversation holds that is not imported. */
export class LeftOut {
  readonly #counts = new Map<string, number>();

  /** Answers the text that stands in its place. */
  add(kind: string): string {
    const name = kind.slice(0, MAX_NAME_CHARS);
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
    return `[${name}]`;
  }

  /** A sentence, or null if nothing was left out. */
  get sentence(): string | null {
    if (this.#counts.size === 0) return null;
    return `Left out: ${[...this.#counts].map(([name, count]) => `${count} × ${name}`).join(", ")}.`;
  }
}

const MAX_NAME_CHARS = 60;

/** A name that every provider takes for a tool. */
export const toolName = (name: string): string => name.replace(/[^A-Za-z0-9_-]/g, "_").slice(0, 64) || "tool";
