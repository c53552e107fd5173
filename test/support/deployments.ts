/** Requests to deployments with other variables, and to other isolates: each has its own environment, and memory of it. */
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, vi } from "vitest";
import worker from "../../src/index.ts";
import type { Answer } from "./http.ts";

export type Deployment = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<Answer>;

/** An isolate of the deployment, or of one with these variables. What it knows of tokens is its own. */
export function isolate(vars: Record<string, unknown> = {}): Deployment {
  const environment: Env = { ...env, ...vars };
  return async (method, path, body, headers = {}) => {
    const context = createExecutionContext();
    const request = new Request(`http://localhost:8787${path}`, {
      method,
      headers: { ...(body !== undefined && { "Content-Type": "application/json" }), ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const response = await worker.fetch(request, environment, context);
    const text = await response.text();
    await waitOnExecutionContext(context);
    return { status: response.status, headers: response.headers, body: text === "" ? null : JSON.parse(text) };
  };
}

/** A developer's machine, where nothing is asked for. */
export const DEVELOPMENT = { MODE: "development", OS_SECURITY_KEY: "", JWT_ISSUER: "", JWT_VERIFICATION_KEY: "" };

/** Lets a test move the clock of the Worker, once per file. Each test begins at the real time. */
export function movableClock(): { forward(seconds: number): void } {
  let ahead = 0;
  const real = Date.now.bind(Date);
  beforeEach(() => {
    ahead = 0;
    vi.spyOn(Date, "now").mockImplementation(() => real() + ahead);
  });
  afterEach(() => {
    ahead = 0;
  });
  return {
    forward: (seconds) => {
      ahead += seconds * 1000;
    },
  };
}
