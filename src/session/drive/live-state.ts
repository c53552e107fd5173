import type { JsonObject } from "../../domain/json.ts";
import { MAX_STATE_BYTES } from "../../domain/limits.ts";
import { utf8Bytes } from "../../lib/text.ts";

/** What a caller makes of the state. */
export type StateChange = (state: JsonObject) => JsonObject | null;

/**
 * The session's state while a run is active: what its tools see and change, and what callers change meanwhile. It is
 * stored with the run.
 */
export class LiveState {
  #state: JsonObject;
  readonly #onChange: (state: JsonObject) => void;
  /** A caller's change that is on its way to D1: what tools do meanwhile has to leave room for it. */
  #expected: StateChange | null = null;

  constructor(state: JsonObject, onChange: (state: JsonObject) => void) {
    this.#state = state;
    this.#onChange = onChange;
  }

  get current(): JsonObject {
    return this.#state;
  }

  /** For a tool: `change` gets a copy. Throws when what it answers is no JSON object or too large. */
  update(change: (state: JsonObject) => JsonObject): JsonObject {
    const changed: unknown = change(structuredClone(this.#state));
    // A promise would be written as an empty object.
    const text = changed instanceof Promise ? "" : (JSON.stringify(changed) ?? "");
    if (!text.startsWith("{")) {
      throw new Error("The session's state must be a JSON object.");
    }
    // Read back, so that what the tools see next is what will be stored.
    const next = JSON.parse(text) as JsonObject;
    if (!isStorable(next) || (this.#expected !== null && !isStorable(this.#expected(next)))) {
      throw new Error(`The session's state would be larger than ${MAX_STATE_BYTES} bytes.`);
    }
    this.#set(next);
    return structuredClone(this.#state);
  }

  /** To be asked before a caller's change is written; false where it would make the state too large. */
  expect(change: StateChange): boolean {
    const fits = isStorable(change(this.#state));
    this.#expected = fits ? change : this.#expected;
    return fits;
  }

  /** The change is written, or will not be. */
  forget(change: StateChange): void {
    if (this.#expected === change) {
      this.#expected = null;
    }
  }

  /** For a caller's change, which D1 has already. */
  apply(change: StateChange): void {
    this.#set(change(this.#state) ?? {});
  }

  #set(state: JsonObject): void {
    this.#state = state;
    this.#onChange(state);
  }
}

const isStorable = (state: JsonObject | null): boolean => utf8Bytes(JSON.stringify(state)) <= MAX_STATE_BYTES;
