import { type AppContext, type Middleware, setHeaders } from "./context.ts";

const HEADER = "X-Request-Id";
/** A caller's own id is kept when it can stand in a log line and a header as it is. */
const ACCEPTED = /^[\w.:=/+-]{1,128}$/;

/**
 * Gives every request an id: in the answer's header, in the body of an error and in the log.
 * Hono's own middleware loses the header when a handler answers with a plain Response, as streams do.
 */
export function requestId(): Middleware {
  return async function requestId(c, next) {
    c.set("requestId", givenId(c) ?? crypto.randomUUID());
    await next();
    setHeaders(c, { [HEADER]: c.get("requestId") });
  };
}

function givenId(c: AppContext): string | undefined {
  const given = c.req.header(HEADER);
  return given !== undefined && ACCEPTED.test(given) ? given : undefined;
}
