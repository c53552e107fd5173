import { authModeOf } from "../auth/doors.ts";
import { AppError, badRequest, type Failure, forbidden } from "../domain/error.ts";
import type { Config } from "../env.ts";
import { isLoopback } from "../lib/loopback.ts";
import type { AppContext, Middleware } from "./context.ts";
import { setHeaders } from "./headers.ts";

/** Where agent-ui runs on a developer's machine. */
const DEVELOPMENT_ORIGIN = "http://localhost:3000";
const METHODS = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT";
/** The headers are named one by one: for a request with credentials, browsers do not take `*` to mean all. */
const EXPOSED_HEADERS = [
  "X-Run-Id",
  "X-Session-Id",
  "X-Session-Cache",
  "X-Request-Id",
  "Server-Timing",
  "Retry-After",
  "ETag",
  "WWW-Authenticate",
  "RateLimit",
  "RateLimit-Policy",
].join(", ");
const PREFLIGHT_SECONDS = 600;

function isAllowedOrigin(config: Pick<Config, "mode" | "corsOrigins">, origin: string): boolean {
  return config.corsOrigins.includes(origin) || (config.mode === "development" && origin === DEVELOPMENT_ORIGIN);
}

/** Whether the page that sent the request is this server's own, or one that may call. A request without an origin is of none. */
export function isOwnOrAllowed(c: AppContext): boolean {
  const origin = c.req.header("Origin");
  return origin !== undefined && (origin === new URL(c.req.url).origin || isAllowedOrigin(c.get("config"), origin));
}

export const originNotAllowed = (): Failure =>
  forbidden("This origin is not allowed. Add it to CORS_ORIGINS to let its pages call.");

/**
 * Which pages may call: CORS as AgentOS answers it. Without a security key, only the browser protects a developer's machine.
 * Then a page of another origin is refused, and so is a page that reached this server by a host name of its own.
 */
export function originPolicy(): Middleware {
  return async function originPolicy(c, next) {
    const config = c.get("config");
    const origin = c.req.header("Origin");
    const allowed = origin !== undefined && isAllowedOrigin(config, origin);
    const headers = allowed ? corsHeaders(origin) : {};
    if (authModeOf(config) === "none") refuseStrangers(c, origin, allowed);
    if (isPreflight(c)) return preflight(c, allowed, headers);
    await next();
    setHeaders(c, { ...headers, Vary: varyWith(c.res.headers.get("Vary")) });
  };
}

function refuseStrangers(c: AppContext, origin: string | undefined, allowed: boolean): void {
  const url = new URL(c.req.url);
  const host = URL.parse(`http://${c.req.header("Host") ?? url.host}`)?.hostname ?? "";
  if (!isLoopback(url.hostname) || !isLoopback(host)) {
    const detail = "Without a security key this server answers requests to a loopback address only.";
    throw new AppError(forbidden(`${detail} Call it as 127.0.0.1 or localhost, or set OS_SECURITY_KEY.`));
  }
  if (origin !== undefined && !allowed && origin !== url.origin) {
    throw new AppError(originNotAllowed());
  }
  if (isOfBrowser(c) && c.req.header("Sec-Fetch-Site") === undefined && !isPreflight(c)) {
    const detail =
      "Without a security key this server answers browsers that say where a request comes from (Sec-Fetch-Site).";
    throw new AppError(
      forbidden(`${detail} Call it as 127.0.0.1 or localhost, update the browser, or set OS_SECURITY_KEY.`),
    );
  }
}

/**
 * Whether a browser sent the request. A browser adds Sec-Fetch-Site, which no page can set, to requests to a loopback
 * address, and not to those to a host name that a name server resolves to this machine. Only by that can such a name be
 * noticed: `wrangler dev` takes URL and Host from a header that a page can send (MF-Original-URL). A preflight may lack
 * Sec-Fetch-Site too, but its page reads no data.
 */
function isOfBrowser(c: AppContext): boolean {
  const userAgent = c.req.header("User-Agent") ?? "";
  // PowerShell is no browser, but calls itself Mozilla.
  return userAgent.startsWith("Mozilla/") && !userAgent.includes("PowerShell/");
}

const isPreflight = (c: AppContext) =>
  c.req.method === "OPTIONS" &&
  c.req.header("Origin") !== undefined &&
  c.req.header("Access-Control-Request-Method") !== undefined;

function corsHeaders(origin: string): Record<string, string> {
  return {
    "Access-Control-Allow-Origin": origin,
    "Access-Control-Allow-Credentials": "true",
    "Access-Control-Expose-Headers": EXPOSED_HEADERS,
  };
}

function preflight(c: AppContext, allowed: boolean, headers: Record<string, string>): Response {
  if (!allowed) throw new AppError(badRequest("Disallowed CORS origin"));
  const requested = c.req.header("Access-Control-Request-Headers");
  return c.text("OK", 200, {
    ...headers,
    "Access-Control-Allow-Methods": METHODS,
    ...(requested !== undefined && { "Access-Control-Allow-Headers": requested }),
    "Access-Control-Max-Age": String(PREFLIGHT_SECONDS),
    Vary: "Origin, Access-Control-Request-Headers",
  });
}

const varyWith = (vary: string | null) => (vary === null ? "Origin" : `${vary}, Origin`);
