import type { ModelRequest } from "../../domain/model.ts";
import { sha256Hex } from "../../lib/digest.ts";

/**
 * Who asks, in digests of 64 characters. Requests of one session share their beginning, which a provider that knows them as
 * one reads from its cache; a user who does harm is told apart from others without being named. The words in front keep a
 * session and a user of one name apart.
 */
export async function requestDigests(
  sessionId: string,
  userId: string | null,
): Promise<Pick<ModelRequest, "promptCacheKey" | "safetyIdentifier">> {
  const promptCacheKey = await sha256Hex(`session ${sessionId}`);
  return userId === null ? { promptCacheKey } : { promptCacheKey, safetyIdentifier: await sha256Hex(`user ${userId}`) };
}
