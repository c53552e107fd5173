import type { Context, MiddlewareHandler } from "hono";
import type { Principal } from "../domain/principal.ts";
import type { Config } from "../env.ts";

/** What the steps before a handler have put in place. */
export interface AppEnv {
  Bindings: Env;
  Variables: {
    requestId: string;
    config: Config;
    caller: Principal["caller"];
    /** Whom the request names; put in place on the routes that heed it. */
    userId: string | null;
  };
}

export type AppContext = Context<AppEnv>;
export type Middleware = MiddlewareHandler<AppEnv>;

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
