import { MAX_PROVIDER_DATA_BYTES, MAX_RUN_PROVIDER_DATA_BYTES } from "../../domain/limits.ts";
import { utf8Bytes } from "../../lib/text.ts";
import type { PortableMessage, PortableRun } from "../record/run-record.ts";

/**
 * Keeps as much provider data of one run as a live run would keep. The rest is left out: each message's data is kept whole
 * or not at all.
 */
export class ProviderDataBound {
  readonly #inputMessages: number;
  #produced = 0;

  constructor({ inputMessages }: Pick<PortableRun, "inputMessages">) {
    this.#inputMessages = inputMessages;
  }

  kept(message: PortableMessage): PortableMessage {
    const { messageIndex, providerSource, providerData } = message;
    if (providerData === null) {
      return message;
    }
    const bytes = utf8Bytes(providerData);
    // What the run took over from another one counted there.
    const isProduced = messageIndex >= this.#inputMessages;
    const room = isProduced ? MAX_RUN_PROVIDER_DATA_BYTES - this.#produced : MAX_PROVIDER_DATA_BYTES;
    // Without a source nobody knows which model it would go back to.
    if (providerSource === null || bytes > Math.min(room, MAX_PROVIDER_DATA_BYTES)) {
      return { ...message, providerData: null };
    }
    this.#produced += isProduced ? bytes : 0;
    return message;
  }
}
