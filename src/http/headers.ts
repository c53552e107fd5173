import type { AppContext, Middleware } from "./context.ts";

/** Sets headers on a finished answer, also on one relayed from a fetch, whose own headers cannot be changed. */
export function setHeaders(c: AppContext, headers: Record<string, string>): void {
  const answer = new Response(c.res.body, c.res);
  for (const [name, value] of Object.entries(headers)) answer.headers.set(name, value);
  // Assigning over an answer would merge the old headers into it; without one it is taken as it is.
  c.res = undefined;
  c.res = answer;
}

/** A header holds visible ASCII; an id of anything else, or with a `%`, is there as a URL would carry it. */
export const headerText = (id: string) => (/^[\x21-\x24\x26-\x7e]+$/.test(id) ? id : encodeURIComponent(id));

const REQUEST_ID = "X-Request-Id";
/** A caller's own id is kept when it can stand in a log line and a header as it is. */
const ACCEPTED_ID = /^[\w.:=/+-]{1,128}$/;

/**
 * Gives every request an id: in the answer's header, in the body of an error and in the log.
 * Hono's own middleware loses the header when a handler answers with a plain Response, as streams do.
 */
export function requestId(): Middleware {
  return async function requestId(c, next) {
    c.set("requestId", givenId(c) ?? crypto.randomUUID());
    await next();
    setHeaders(c, { [REQUEST_ID]: c.get("requestId") });
  };
}

function givenId(c: AppContext): string | undefined {
  const given = c.req.header(REQUEST_ID);
  return given !== undefined && ACCEPTED_ID.test(given) ? given : undefined;
}

const SECURITY_HEADERS = {
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Resource-Policy": "same-origin",
};
/** An API's answers are data: opened as a page they may load and run nothing. */
const DATA_ONLY = "default-src 'none'; frame-ancestors 'none'";

/** Headers for an API with private conversations in it. A page sets its own Content-Security-Policy. */
export function securityHeaders(): Middleware {
  return async function securityHeaders(c, next) {
    await next();
    const given = c.res.headers;
    setHeaders(c, {
      ...SECURITY_HEADERS,
      "Content-Security-Policy": given.get("Content-Security-Policy") ?? DATA_ONLY,
      "Cache-Control": given.get("Cache-Control") ?? "no-store",
      ...(c.req.url.startsWith("https:") && { "Strict-Transport-Security": "max-age=15552000" }),
    });
  };
}
