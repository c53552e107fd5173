import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import worker from "../../src/index.ts";
import { track } from "./under-way.ts";

/** Where a client reaches the server. */
export const BASE = "http://localhost:8787";

/** The Worker with other variables than its project's, beside the same database and objects. */
export function deployment(vars: Record<string, string>) {
  const bindings = { ...env, ...vars };
  return async (method: string, path: string, headers: HeadersInit = {}, body?: BodyInit): Promise<Response> => {
    const context = createExecutionContext();
    const { waitUntil } = context;
    context.waitUntil = (work) => waitUntil.call(context, track("what a handler gave to waitUntil", work));
    const init = body === undefined ? { method, headers } : { method, headers, body };
    return worker.fetch(new Request(BASE + path, init), bindings, context);
  };
}
