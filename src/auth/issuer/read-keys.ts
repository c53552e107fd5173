import { createLocalJWKSet, type JSONWebKeySet } from "jose";
import { MAX_READ_MS } from "./next-step.ts";

/** Finds the key that a token's header names. It throws if there is none, or more than one. */
export type KeySet = ReturnType<typeof createLocalJWKSet>;

/** How old an answer may be that the platform has kept, in seconds. */
const CACHE_SECONDS = 300;
/** The platform shares answers between isolates. Only good ones are kept: else it would keep a failure. */
const THROUGH_CACHE: RequestInit = {
  cf: { cacheEverything: true, cacheTtlByStatus: { "200-299": CACHE_SECONDS, "300-599": -1 } },
};
const PAST_CACHE: RequestInit = { cache: "no-store" };

/** The keys that an issuer lists. Rejects if it answers anything else than a set of keys, or not in time. */
export async function readKeys(url: string, pastCache: boolean): Promise<KeySet> {
  const response = await fetch(url, {
    headers: { Accept: "application/json, application/jwk-set+json" },
    redirect: "manual",
    signal: AbortSignal.timeout(MAX_READ_MS),
    ...(pastCache ? PAST_CACHE : THROUGH_CACHE),
  });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`status ${response.status}`);
  }
  return createLocalJWKSet(await response.json<JSONWebKeySet>());
}
