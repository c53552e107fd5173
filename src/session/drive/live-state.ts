import type { JsonObject } from "../../domain/json.ts";
import { MAX_STATE_BYTES } from "../../domain/limits.ts";
import { utf8Bytes } from "../../lib/text.ts";

/** A caller's change: makes the new state of the one that stands. */
export type StateChange = (state: JsonObject) => JsonObject | null;

/** The session's state while a run is driven. The run's tools and callers see and change it; it is stored with the run. */
export class LiveState {
  #state: JsonObject;
  readonly #onChange: (state: JsonObject) => void;
  /** A caller's change that is on its way to D1. A tool's change must leave room for it. */
  #expected: StateChange | null = null;

  constructor(state: JsonObject, onChange: (state: JsonObject) => void) {
    this.#state = state;
    this.#onChange = onChange;
  }

  get current(): JsonObject {
    return this.#state;
  }

  /** For a tool: `change` gets a copy. Throws when what it returns is no JSON object, or too large. */
  update(change: (state: JsonObject) => JsonObject): JsonObject {
    const changed: unknown = change(structuredClone(this.#state));
    // An async function's promise would be stored as an empty object: it is refused as no JSON object.
    const text = changed instanceof Promise ? "" : (JSON.stringify(changed) ?? "");
    if (!text.startsWith("{")) {
      throw new Error("The session's state must be a JSON object.");
    }
    // Read back from JSON, so that tools see next what will be stored.
    const next = JSON.parse(text) as JsonObject;
    if (!isStorable(next) || (this.#expected !== null && !isStorable(this.#expected(next)))) {
      throw new Error(`The session's state would be larger than ${MAX_STATE_BYTES} bytes.`);
    }
    this.#set(next);
    return structuredClone(this.#state);
  }

  /** To be called before a caller's change is written; false if the change would make the state too large. */
  expect(change: StateChange): boolean {
    const fits = isStorable(change(this.#state));
    this.#expected = fits ? change : this.#expected;
    return fits;
  }

  /** To be called when the change is written, or will not be. */
  forget(change: StateChange): void {
    if (this.#expected === change) {
      this.#expected = null;
    }
  }

  /** To be called for a caller's change once D1 has it. */
  apply(change: StateChange): void {
    this.#set(change(this.#state) ?? {});
  }

  #set(state: JsonObject): void {
    this.#state = state;
    this.#onChange(state);
  }
}

const isStorable = (state: JsonObject | null): boolean => utf8Bytes(JSON.stringify(state)) <= MAX_STATE_BYTES;
