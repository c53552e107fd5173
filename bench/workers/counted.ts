import app, { SessionObject as ProductObject } from "../../src/index.ts";
import { count, takeLog } from "./count-log.ts";
import { CountedDatabase } from "./counted-database.ts";
import { countedState, sessionOf } from "./counted-state.ts";

/*
 * The product's Worker, on a D1 and an object storage that count what is asked of them. It is for counts only: times are
 * taken without it. `GET /counted/log` answers what was counted since the last time.
 */

export class SessionObject extends ProductObject {
  constructor(ctx: DurableObjectState, env: Env) {
    super(countedState(ctx), counted(env));
  }

  override alarm(): Promise<void> {
    count({ kind: "wake", object: sessionOf(this.ctx) });
    return super.alarm();
  }
}

/**
 * Makes one wrapped environment for each environment. The product keeps its configuration by it, and would read it again for
 * a new one.
 */
const environments = new WeakMap<Env, Env>();

function counted(env: Env): Env {
  const known = environments.get(env) ?? { ...env, DB: new CountedDatabase(env.DB) as unknown as D1Database };
  environments.set(env, known);
  return known;
}

const worker: ExportedHandler<Env> = {
  fetch(request, env, ctx) {
    return new URL(request.url).pathname === "/counted/log"
      ? Response.json(takeLog())
      : app.fetch(request, counted(env), ctx);
  },
  queue: (batch, env) => app.queue(batch, counted(env)),
};

// biome-ignore lint/style/noDefaultExport: the platform finds a Worker by its default export
export default worker;
