import { type CryptoKey, createLocalJWKSet, errors, type JWTHeaderParameters } from "jose";
import { authUnavailable } from "../../domain/error.ts";
import type { JsonObject } from "../../domain/json.ts";
import { fail, type Outcome, ok } from "../../domain/outcome.ts";
import type { Config } from "../../env.ts";
import { sleep } from "../../lib/abort.ts";
import { errorFields, log } from "../../lib/log.ts";
import type { CheckContext } from "../form.ts";
import { type KeySource, MAX_READ_MS, nextStep } from "./next-step.ts";
import { type KeySet, readKeys } from "./read-keys.ts";

/** How often a request looks whether another one has the keys. */
const POLL_MS = 20;

/** Of each environment what its requests know of the issuer's keys. */
const sources = new WeakMap<Config, KeySource<KeySet>>();

function sourceOf(config: Config): KeySource<KeySet> {
  const source = sources.get(config) ?? { known: given(config), readingSince: null, failedAt: null };
  sources.set(config, source);
  return source;
}

/** A set that a setting holds never changes, and nothing has to be read. */
function given({ jwtJwks }: Config): KeySource<KeySet>["known"] {
  if (jwtJwks === null) return null;
  return { keys: createLocalJWKSet(JSON.parse(jwtJwks)), readAt: Number.POSITIVE_INFINITY, pastCache: true };
}

/**
 * The issuer's key that a token's header names; null if the issuer has none that fits, or more than one. A failure if
 * nobody can say now.
 */
export async function issuerKey(header: JsonObject, context: CheckContext): Promise<Outcome<CryptoKey | null>> {
  const source = sourceOf(context.config);
  let searched: KeySource<KeySet>["known"] = null;
  // Another request's look ends within `MAX_READ_MS`. A request that still waits after so many rounds would wait for ever.
  for (let left = MAX_READ_MS / POLL_MS; left > 0; left -= 1) {
    const { known } = source;
    switch (nextStep(source, context.now(), known !== null && searched === known)) {
      case "use": {
        const key = known === null ? null : await keyIn(known.keys, header);
        if (key !== "unknown") return ok(key);
        searched = known;
        break;
      }
      case "read":
        await look(source, context);
        break;
      case "wait":
        await sleep(POLL_MS);
        break;
      case "refuse":
        return ok(null);
      case "unavailable":
        return fail(authUnavailable());
    }
  }
  return fail(authUnavailable());
}

async function keyIn(keys: KeySet, header: JsonObject): Promise<CryptoKey | null | "unknown"> {
  try {
    return await keys(header as JWTHeaderParameters);
  } catch (error) {
    // Anything else says that keys fit which cannot be used.
    return error instanceof errors.JWKSNoMatchingKey ? "unknown" : null;
  }
}

/** Reads the keys anew, for all requests. It ends although this request's caller hangs up: others wait for it. */
async function look(source: KeySource<KeySet>, { config, now, keepAlive }: CheckContext): Promise<void> {
  const readAt = now();
  // Behind a read that failed, the platform's cache may still wait for the same answer.
  const pastCache = source.known !== null || source.failedAt !== null;
  source.readingSince = readAt;
  const work = readKeys(jwksUrl(config), pastCache).then(
    (keys) => {
      source.known = { keys, readAt, pastCache };
      source.failedAt = null;
    },
    (error: unknown) => {
      source.failedAt = now();
      log("warn", "issuer_keys.unread", errorFields(error));
    },
  );
  const done = work.finally(() => {
    if (source.readingSince === readAt) source.readingSince = null;
  });
  keepAlive(done);
  await done;
}

const jwksUrl = ({ jwtJwksUrl, jwtIssuer }: Config) =>
  jwtJwksUrl ?? `${(jwtIssuer ?? "").replace(/\/$/, "")}/.well-known/jwks.json`;
