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
