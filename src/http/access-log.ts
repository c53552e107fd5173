import { actorOf, type Credential } from "../domain/principal.ts";
import { log } from "../lib/log.ts";
import { type AppContext, type Middleware, onlyReads } from "./context.ts";
import { requestFields } from "./errors.ts";

/** The statuses of a request that may not do what it asks for. */
const REFUSED: readonly number[] = [401, 403, 429];

/**
 * Logs a line for each request that changes something or is refused: who asked, and what became of it. Never what was in
 * the request, because that is private, and never its credential.
 */
export function accessLog(): Middleware {
  return async function accessLog(c, next) {
    await next();
    const { status } = c.res;
    const isRefused = REFUSED.includes(status);
    if (onlyReads(c) && !isRefused) return;
    log(isRefused ? "warn" : "info", "access", {
      ...requestFields(c),
      ...whoIs(c.get("credential")),
      status,
      session_id: named(c, "session_id", "X-Session-Id"),
      run_id: named(c, "run_id", "X-Run-Id"),
    });
  };
}

/** On a request that shows nothing, or what does not hold, nobody is known to act. */
function whoIs(credential: Credential | undefined) {
  if (credential === undefined) return { actor: null };
  const { actingAs, tokenId } = credential;
  return {
    actor: actorOf(credential),
    ...(actingAs !== null && { act_sub: actingAs }),
    ...(tokenId !== null && { token_id: tokenId }),
  };
}

/** The id that the path names, or that the answer tells. */
const named = (c: AppContext, parameter: string, header: string): string | undefined =>
  c.req.param(parameter) ?? c.res.headers.get(header) ?? undefined;
