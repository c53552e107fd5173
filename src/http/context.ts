import type { Context, MiddlewareHandler } from "hono";
import type { Credential } from "../domain/principal.ts";
import type { Config } from "../env.ts";

/** What the steps before a handler have put into the request's context. */
export interface AppEnv {
  Bindings: Env;
  Variables: {
    requestId: string;
    config: Config;
    /** What the request has shown. Undefined on open paths, where nothing needs to be shown. */
    credential: Credential;
    /** The user that the request names, or null. Undefined on routes that do not read it. */
    userId: string | null;
    /** Whether the user may start a run now. Undefined where nobody has asked yet. Never rejects. */
    mayStartRun: Promise<boolean> | undefined;
  };
}

export type AppContext = Context<AppEnv>;
export type Middleware = MiddlewareHandler<AppEnv>;

const SAFE_METHODS: readonly string[] = ["GET", "HEAD", "OPTIONS"];

/** Whether the request's method only reads. */
export const onlyReads = (c: AppContext): boolean => SAFE_METHODS.includes(c.req.method);
