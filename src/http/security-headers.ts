import { type Middleware, setHeaders } from "./context.ts";

const HEADERS = {
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
      ...HEADERS,
      "Content-Security-Policy": given.get("Content-Security-Policy") ?? DATA_ONLY,
      "Cache-Control": given.get("Cache-Control") ?? "no-store",
      ...(c.req.url.startsWith("https:") && { "Strict-Transport-Security": "max-age=15552000" }),
    });
  };
}
