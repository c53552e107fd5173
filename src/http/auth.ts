import { AppError, invalidCredential, securityKeyNotConfigured, unauthorized } from "../domain/error.ts";
import { type Principal, principalOf, unlimited } from "../domain/principal.ts";
import type { Config } from "../env.ts";
import type { AppContext, Middleware } from "./context.ts";

/** Paths that need no key, as in AgentOS: what a client has to know before it has a key. */
const OPEN_PATHS: readonly string[] = ["/", "/health", "/info", "/docs", "/openapi.json"];
/** Paths that are answered even in a deployment without a configured key. */
const ALWAYS_OPEN_PATHS: readonly string[] = ["/health", "/info"];

/** Who may ask for a path: everybody, whoever shows the key, or nobody, because the deployment has no key to compare. */
type Gate = "open" | "key" | "closed";

function gateOf(config: Pick<Config, "mode" | "securityKey">, path: string): Gate {
  if (config.securityKey !== null) return OPEN_PATHS.includes(path) ? "open" : "key";
  if (config.mode === "development") return "open";
  return ALWAYS_OPEN_PATHS.includes(path) ? "open" : "closed";
}

/** Asks for AgentOS's bearer key. OPTIONS always passes, because browsers send it without credentials. */
export function authenticate(): Middleware {
  return async function authenticate(c, next) {
    const { securityKey } = c.get("config");
    const gate = c.req.method === "OPTIONS" ? "open" : gateOf(c.get("config"), c.req.path);
    if (gate === "closed") throw new AppError(securityKeyNotConfigured());
    if (gate === "key" && securityKey !== null) await requireKey(c.req.header("Authorization"), securityKey);
    if (gate === "key" || securityKey === null) {
      c.set("credential", unlimited(securityKey === null ? "development" : "security_key"));
    }
    await next();
  };
}

/** Who is calling: whoever has shown the credential, and the user it speaks for. */
export function principal(c: AppContext): Principal {
  const userId = c.get("userId");
  // A request without a user sees every session. So a route that has not read the user must not be taken for such a request.
  if (userId === undefined) throw new Error("This route is declared as one that heeds no user.");
  return principalOf(c.get("credential"), userId);
}

async function requireKey(authorization: string | undefined, key: string): Promise<void> {
  if (authorization === undefined || authorization === "") {
    throw new AppError(unauthorized("Authorization header required"));
  }
  // AgentOS also takes the key without a scheme. A header with another scheme is compared as it is, and so is a wrong key.
  const shown = authorization.replace(/^bearer\s+/i, "");
  if (!(await sameSecret(shown, key))) throw new AppError(invalidCredential("Invalid authentication token"));
}

/** Compares digests: they have one length, so the time it takes says nothing about the key, not even how long it is. */
async function sameSecret(shown: string, expected: string): Promise<boolean> {
  const [a, b] = await Promise.all([sha256(shown), sha256(expected)]);
  return crypto.subtle.timingSafeEqual(a, b);
}

const sha256 = (text: string) => crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
