import { AppError, securityKeyNotConfigured, unauthorized } from "../domain/error.ts";
import type { Principal } from "../domain/principal.ts";
import type { Config } from "../env.ts";
import type { AppContext, Middleware } from "./context.ts";

/** Open as in AgentOS: what a client needs to know before it has a key. */
const OPEN_PATHS: readonly string[] = ["/", "/health", "/info", "/docs", "/openapi.json"];
/** What a deployment without its key still answers. */
const ALWAYS_OPEN_PATHS: readonly string[] = ["/health", "/info"];

/** `closed`: there is no key to show. */
export type Gate = "open" | "key" | "closed";

export function gateOf(config: Pick<Config, "mode" | "securityKey">, path: string): Gate {
  if (config.securityKey !== null) return OPEN_PATHS.includes(path) ? "open" : "key";
  if (config.mode === "development") return "open";
  return ALWAYS_OPEN_PATHS.includes(path) ? "open" : "closed";
}

/** AgentOS's bearer key. OPTIONS always passes: browsers send it without credentials. */
export function authenticate(): Middleware {
  return async function authenticate(c, next) {
    const { securityKey } = c.get("config");
    const gate = c.req.method === "OPTIONS" ? "open" : gateOf(c.get("config"), c.req.path);
    if (gate === "closed") throw new AppError(securityKeyNotConfigured());
    if (gate === "key" && securityKey !== null) await requireKey(c.req.header("Authorization"), securityKey);
    c.set("caller", securityKey === null ? "development" : "security_key");
    await next();
  };
}

/** Who is calling, for the store and the session: the caller's credential, and the user it speaks for. */
export function principal(c: AppContext): Principal {
  const userId = c.get("userId");
  // Nobody is everybody: a route that has not asked for the user must not pass for one that was sent none.
  if (userId === undefined) throw new Error("This route is declared as one that heeds no user.");
  return { caller: c.get("caller"), userId };
}

async function requireKey(authorization: string | undefined, key: string): Promise<void> {
  if (authorization === undefined || authorization === "") {
    throw new AppError(unauthorized("Authorization header required"));
  }
  // AgentOS takes the bare key as well; any other scheme is then a wrong key.
  const shown = authorization.replace(/^bearer\s+/i, "");
  if (!(await sameSecret(shown, key))) throw new AppError(unauthorized("Invalid authentication token"));
}

/** Digests have one length, so comparing them tells nothing of the key, not even how long it is. */
async function sameSecret(shown: string, expected: string): Promise<boolean> {
  const [a, b] = await Promise.all([sha256(shown), sha256(expected)]);
  return crypto.subtle.timingSafeEqual(a, b);
}

const sha256 = (text: string) => crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
