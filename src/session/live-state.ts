import type { JsonObject } from "../domain/json.ts";
import { MAX_STATE_BYTES } from "../domain/limits.ts";
import { utf8Bytes } from "../lib/text.ts";

/**
 * The session's state while a run is active: what its tools see and change, and what callers change meanwhile. It is
 * stored with the run.
 */
export class LiveState {
  #state: JsonObject;
  readonly #onChange: (state: JsonObject) => void;

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
    if (utf8Bytes(text) > MAX_STATE_BYTES) {
      throw new Error(`The session's state would be larger than ${MAX_STATE_BYTES} bytes.`);
    }
    // Read back, so that what the tools see next is what will be stored.
    this.#set(JSON.parse(text) as JsonObject);
    return structuredClone(this.#state);
  }

  /** For a caller's change, which D1 has already. */
  apply(change: (state: JsonObject) => JsonObject | null): void {
    this.#set(change(this.#state) ?? {});
  }

  #set(state: JsonObject): void {
    this.#state = state;
    this.#onChange(state);
  }
}
