import type { Model } from "../../domain/model.ts";
import { sha256Hex } from "../../lib/digest.ts";

/** Whose request it is, and which conversation's. */
export interface Asker {
  sessionId: string;
  userId: string | null;
}

/**
 * A model that is told who asks, in digests: requests of one session share their beginning, which a provider that knows the
 * session reads from its cache, and a user who does harm is told apart from others without being named.
 */
export function identifiedModel(model: Model, { sessionId, userId }: Asker): Model {
  let digests: Promise<Digests> | null = null;
  return {
    ...model,
    async *stream(request, signal) {
      digests ??= digestsOf(sessionId, userId);
      yield* model.stream({ ...request, ...(await digests) }, signal);
    },
  };
}

interface Digests {
  promptCacheKey: string;
  safetyIdentifier?: string;
}

/** The words in front keep a user and a session of one name apart. */
async function digestsOf(sessionId: string, userId: string | null): Promise<Digests> {
  const promptCacheKey = await sha256Hex(`session ${sessionId}`);
  return userId === null ? { promptCacheKey } : { promptCacheKey, safetyIdentifier: await sha256Hex(`user ${userId}`) };
}
