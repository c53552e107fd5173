import { type Model, type ModelBurst, type ModelChunk, NO_USAGE } from "../../domain/model.ts";
import { type Exchange, usedTokens } from "../../engine/drive/used-tokens.ts";
import { utf8Bytes } from "../../lib/text.ts";

/** What a name or a summary has used, and when its model was asked. */
export interface Used {
  tokens: number;
  askedAt: number;
}

/** Counts what a name or a summary uses, request by request, as a run's requests are counted. */
export class Meter {
  readonly #exchanges = new Set<Exchange>();
  readonly #askedAt: number;

  /** `askedAt` is before the model is asked: an erase that comes behind it finds the use among what it removes. */
  constructor(askedAt: number) {
    this.#askedAt = askedAt;
  }

  /** By now: a request that nobody waits for any more counts as far as its answer had come. */
  get used(): Used {
    const tokens = [...this.#exchanges].reduce((sum, exchange) => sum + usedTokens(exchange), 0);
    return { tokens, askedAt: this.#askedAt };
  }

  /** The model, and those that are asked in its place, with their requests counted. */
  on(model: Model): Model {
    const { fallbacks } = model;
    return {
      ...model,
      ...(fallbacks !== undefined && { fallbacks: fallbacks.map((one) => this.on(one)) }),
      stream: (request, signal) => {
        const exchange = { request, text: "", reasoningBytes: 0, fragments: { bytes: 0 }, usage: NO_USAGE };
        return this.#counted(exchange, model.stream(request, signal), signal);
      },
    };
  }

  async *#counted(
    exchange: Exchange,
    bursts: AsyncIterable<ModelBurst>,
    signal: AbortSignal,
  ): AsyncGenerator<ModelBurst> {
    this.#exchanges.add(exchange);
    let hasBegun = false;
    try {
      for await (const burst of bursts) {
        hasBegun ||= burst.some(({ type }) => type !== "usage");
        for (const chunk of burst) add(exchange, chunk);
        yield burst;
      }
    } catch (error) {
      // A provider that said nothing has not worked, unless nobody waited for it to begin.
      if (!hasBegun && !signal.aborted) this.#exchanges.delete(exchange);
      throw error;
    }
  }
}

function add(exchange: Exchange, chunk: ModelChunk): void {
  if (chunk.type === "text") exchange.text += chunk.delta;
  if (chunk.type === "reasoning") exchange.reasoningBytes += utf8Bytes(chunk.delta);
  if (chunk.type === "usage") exchange.usage = chunk.usage;
}
