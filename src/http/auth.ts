export { type AuthMode, authModeOf } from "../auth/doors.ts";

import { checkCredential, checkOwnToken } from "../auth/credential.ts";
import { takesJwts } from "../auth/doors.ts";
import type { CheckContext } from "../auth/form.ts";
import { verificationKeys } from "../auth/jwt/verification-keys.ts";
import { type Shown, shownBy } from "../auth/shown.ts";
import { AppError, securityKeyNotConfigured } from "../domain/error.ts";
import { type Credential, type Principal, principalOf, unlimited } from "../domain/principal.ts";
import type { Config } from "../env.ts";
import { type AppContext, type Middleware, onlyReads } from "./context.ts";
import { unwrap } from "./errors.ts";
import { isOwnOrAllowed, originNotAllowed } from "./origin.ts";

/** Paths that need no credential, as in AgentOS: what a client has to know before it has one. */
const OPEN_PATHS: readonly string[] = ["/", "/health", "/info", "/docs", "/openapi.json"];
/** Paths that are answered even in a deployment that has no credential to compare. */
const ALWAYS_OPEN_PATHS: readonly string[] = ["/health", "/info"];

/**
 * Who may ask for a path: everybody; on a developer's machine everybody too, but a token counts that is shown; whoever shows
 * a credential; or nobody, because the deployment has none to compare.
 */
type Gate = "open" | "development" | "credential" | "closed";

function gateOf(config: Config, path: string): Gate {
  if (config.securityKey !== null || takesJwts(config)) return OPEN_PATHS.includes(path) ? "open" : "credential";
  if (config.mode === "development") return "development";
  return ALWAYS_OPEN_PATHS.includes(path) ? "open" : "closed";
}

/** Asks for a credential. OPTIONS always passes, because browsers send it without one. */
export function authenticate(now: () => number): Middleware {
  return async function authenticate(c, next) {
    const config = c.get("config");
    unwrap(await verificationKeys(config));
    const gate = c.req.method === "OPTIONS" ? "open" : gateOf(config, c.req.path);
    if (gate === "closed") throw new AppError(securityKeyNotConfigured());
    if (gate !== "open") c.set("credential", await credentialOf(c, gate, now));
    await next();
  };
}

async function credentialOf(c: AppContext, gate: Gate, now: () => number): Promise<Credential> {
  const config = c.get("config");
  const shown = unwrap(shownBy((name) => c.req.header(name), config));
  if (shown !== null) refuseForgery(c, shown);
  const context: CheckContext = { config, now, keepAlive: (work) => c.executionCtx.waitUntil(work) };
  if (gate === "credential") return unwrap(await checkCredential(shown, context));
  const checked = await checkOwnToken(shown, context);
  return checked === null ? unlimited("development") : unwrap(checked);
}

/**
 * Browsers send a cookie with the requests of any page. Those that change something must come from a page that may call. So
 * must those with a header of its own for tokens, which a proxy may add by its cookie; without an origin these are of a
 * program, since browsers name one.
 */
function refuseForgery(c: AppContext, { place }: Shown): void {
  if (onlyReads(c) || place === "authorization") return;
  const isOfProgram = place === "token_header" && c.req.header("Origin") === undefined;
  if (!isOfProgram && !isOwnOrAllowed(c)) throw new AppError(originNotAllowed());
}

/** Who is calling: whoever has shown the credential, and the user it speaks for. */
export function principal(c: AppContext): Principal {
  const userId = c.get("userId");
  // A request without a user sees every session. So a route that has not read the user must not be taken for such a request.
  if (userId === undefined) throw new Error("This route is declared as one that heeds no user.");
  return principalOf(c.get("credential"), userId);
}
