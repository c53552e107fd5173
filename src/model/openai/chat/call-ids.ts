import type { JsonObject } from "../../../domain/json.ts";

/** Mistral takes no other length, OpenAI 40 at most, and most servers no other characters. */
const LENGTH = 9;
const RADIX = 36;
/** The form of Kimi's own ids. Its template shows the model no other name of the tool. */
const KIMI_ID = /^functions\.[\w-]{1,64}:\d{1,6}$/;

/**
 * The ids of calls as Chat Completions is sent them. Ids pair calls and results within a request only, so each sent id is a
 * digest of the stored one. The digest is the same in every request, or no prompt would be found in the provider's cache.
 */
export class CallIds {
  readonly #isKimi: boolean;
  readonly #sent = new Map<string, string>();
  readonly #taken = new Set<string>();

  /** `source` is that of the model that is asked. */
  constructor(source: string) {
    this.#isKimi = /kimi|moonshot/i.test(source);
  }

  of(id: string): string {
    const known = this.#sent.get(id);
    if (known !== undefined) return known;
    if (this.#isKimi && KIMI_ID.test(id)) return id;
    let sent = digest(id);
    for (let more = 1; this.#taken.has(sent); more += 1) sent = digest(`${id} ${more}`);
    this.#sent.set(id, sent);
    this.#taken.add(sent);
    return sent;
  }

  /**
   * The entries of provider data, with the ids that their calls are sent under. Those of Gemini behind OpenRouter name calls
   * by their ids.
   */
  in(details: readonly JsonObject[], calls: readonly { id: string }[]): JsonObject[] {
    const ids: ReadonlySet<unknown> = new Set(calls.map(({ id }) => id));
    return details.map((entry) => (ids.has(entry.id) ? { ...entry, id: this.of(String(entry.id)) } : entry));
  }
}

/** Nine letters and digits out of 53 bits (cyrb53): enough to tell calls apart, and no more is asked of it. */
function digest(text: string): string {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let unit = 0; unit < text.length; unit += 1) {
    const code = text.charCodeAt(unit);
    high = Math.imul(high ^ code, 0x9e3779b1);
    low = Math.imul(low ^ code, 0x5f356495);
  }
  high = Math.imul(high ^ (high >>> 16), 0x85ebca6b) ^ Math.imul(low ^ (low >>> 13), 0xc2b2ae35);
  low = Math.imul(low ^ (low >>> 16), 0x85ebca6b) ^ Math.imul(high ^ (high >>> 13), 0xc2b2ae35);
  const bits = (high & 0x1fffff) * 0x1_0000_0000 + (low >>> 0);
  return (bits % RADIX ** LENGTH).toString(RADIX).padStart(LENGTH, "0");
}
