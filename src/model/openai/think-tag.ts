import type { ModelChunk } from "../../domain/model.ts";

/** A piece of an answer: what is said, or what was thought before it. */
type Told = Extract<ModelChunk, { type: "text" | "reasoning" }>;

const OPEN = "<think>";
const CLOSE = "</think>";
/** Blanks that are waited through. Beyond them they are told. */
const MAX_BLANKS = 1_000;

/**
 * Takes `<think>…</think>` at the head of a text as reasoning. The pieces that it reads may be cut anywhere. Behind the head
 * the tag is a text like any other.
 */
export class ThinkTag {
  #place: "head" | "thinking" | "behind" | "text" = "head";
  #held = "";

  read(delta: string): Told[] {
    if (this.#place === "text") return delta === "" ? [] : [{ type: "text", delta }];
    this.#held += delta;
    const told: Told[] = [];
    for (let place: string | null = null; place !== this.#place; ) {
      place = this.#place;
      told.push(...this.#step());
    }
    return told;
  }

  /** What was held back, when nothing follows: the answer ended within a tag, or had blanks only. */
  end(): Told[] {
    const delta = this.#held;
    this.#held = "";
    if (this.#place === "thinking") return thought(delta);
    return delta === "" ? [] : [{ type: "text", delta }];
  }

  #step(): Told[] {
    switch (this.#place) {
      case "head":
        return this.#readHead();
      case "thinking":
        return this.#readThinking();
      case "behind":
        return this.#readBehind();
      case "text":
        return [];
    }
  }

  #readHead(): Told[] {
    const begun = this.#held.trimStart();
    if (begun.startsWith(OPEN)) {
      this.#held = begun.slice(OPEN.length);
      this.#place = "thinking";
      return [];
    }
    return OPEN.startsWith(begun) && this.#held.length <= MAX_BLANKS ? [] : this.#goOnWithText();
  }

  #readThinking(): Told[] {
    const at = this.#held.indexOf(CLOSE);
    if (at >= 0) {
      const delta = this.#held.slice(0, at);
      this.#held = this.#held.slice(at + CLOSE.length);
      this.#place = "behind";
      return thought(delta);
    }
    const delta = this.#held.slice(0, this.#held.length - heldOf(this.#held));
    // Blanks wait, too: a model that does not think sends a tag around nothing else.
    if (delta.trim() === "" && delta.length <= MAX_BLANKS) return [];
    this.#held = this.#held.slice(delta.length);
    return [{ type: "reasoning", delta }];
  }

  /** The blank line between thoughts and answer is neither's. */
  #readBehind(): Told[] {
    this.#held = this.#held.trimStart();
    return this.#held === "" ? [] : this.#goOnWithText();
  }

  #goOnWithText(): Told[] {
    this.#place = "text";
    const delta = this.#held;
    this.#held = "";
    return delta === "" ? [] : [{ type: "text", delta }];
  }
}

const thought = (delta: string): Told[] => (delta.trim() === "" ? [] : [{ type: "reasoning", delta }]);

/** How many characters at the end may be the beginning of the closing tag. */
function heldOf(text: string): number {
  for (let length = Math.min(CLOSE.length - 1, text.length); length > 0; length -= 1) {
    if (CLOSE.startsWith(text.slice(-length))) return length;
  }
  return 0;
}
