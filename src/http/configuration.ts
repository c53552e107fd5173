import type { Outcome } from "../domain/outcome.ts";
import type { Registry } from "../domain/team.ts";
import { type Config, withinLimits } from "../env.ts";
import type { Middleware } from "./context.ts";
import { unwrap } from "./errors.ts";

/** Puts the settings in place; a deployment that is configured wrongly answers with the name of what is wrong. */
export function configuration(read: (env: Env) => Outcome<Config>, registry: Registry): Middleware {
  return async function configuration(c, next) {
    c.set("config", unwrap(withinLimits(unwrap(read(c.env)), registry)));
    await next();
  };
}
