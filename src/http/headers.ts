import type { AppContext, Middleware } from "./context.ts";

/** Sets headers on a finished answer, also on one that came from a fetch, whose own headers cannot be changed. */
export function setHeaders(c: AppContext, headers: Record<string, string>): void {
  try {
    setAll(c.res, headers);
  } catch {
    const answer = new Response(c.res.body, c.res);
    setAll(answer, headers);
    // Hono merges the old answer's headers into one that is assigned over it, so the old one is taken away first.
    c.res = undefined;
    c.res = answer;
  }
}

function setAll(answer: Response, headers: Record<string, string>): void {
  for (const [name, value] of Object.entries(headers)) answer.headers.set(name, value);
}

/** An id as a header can hold it, which is visible ASCII: any other id, or one with a `%`, is escaped as in a URL. */
export const headerText = (id: string) => (/^[\x21-\x24\x26-\x7e]+$/.test(id) ? id : encodeURIComponent(id));

const REQUEST_ID = "X-Request-Id";
/** A caller's own id is kept if it can stand in a header and in a log line as it is. */
const ACCEPTED_ID = /^[\w.:=/+-]{1,128}$/;

/**
 * Gives every request an id, which stands in the answer's header, in the body of an error and in the log. Hono's own
 * middleware is not used: it loses the header where a handler answers a plain Response, as streams are.
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
/** An API's answers are data. A browser that opens one as a page must load and run nothing. */
const DATA_ONLY = "default-src 'none'; frame-ancestors 'none'";

/** Sets the headers of an API that answers private conversations. A page sets a Content-Security-Policy of its own. */
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
