import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { register } from "../../src/agents/registry/register.ts";
import type { Router } from "../../src/api/shared/route.ts";
import { createApp } from "../../src/app.ts";
import type { Agent } from "../../src/domain/agent.ts";
import type { Model } from "../../src/domain/model.ts";
import { modelSettings } from "../../src/domain/model-choice.ts";
import type { Team } from "../../src/domain/team.ts";
import { readConfig } from "../../src/env.ts";

interface SmallAppOptions {
  /** Variables of the environment. The default is development without a key. */
  vars?: Record<string, unknown>;
  agents?: Agent[];
  teams?: Team[];
  /** Null: the deployment has no model. */
  model?: Model | null;
  routers?: Router[];
  now?: number | (() => number);
}

/** A model for tests that look at what it is and never ask it. */
export const silentModel: Model = {
  id: "silent-1",
  name: "SilentModel",
  provider: "Test",
  source: "silent-1",
  stream: () => {
    throw new Error("nobody asks this model");
  },
};

/** An app with only what a test needs, on the real middleware. `request` calls it as `http://localhost`. */
export function smallApp(options: SmallAppOptions = {}) {
  const { vars = { MODE: "development" }, model = silentModel, now = Date.UTC(2026, 10, 21, 22, 2, 43, 291) } = options;
  const app = createApp({
    config: readConfig,
    ...register([...(options.agents ?? [{ id: "helper", name: "Helper" }]), ...(options.teams ?? [])]),
    models: () => (choice) =>
      model === null ? null : { ...model, id: choice === undefined ? model.id : modelSettings(choice).id },
    now: typeof now === "number" ? () => now : now,
    routers: options.routers ?? [],
  });
  const bindings = { DB: env.DB, SESSIONS: env.SESSIONS, JOBS: env.JOBS, ...vars };
  return {
    app,
    request: async (path: string, init?: RequestInit, context: ExecutionContext = createExecutionContext()) =>
      app.request(path, init, bindings, context),
  };
}

export const KEY = "correct-horse";
/** The variables of a deployment that has a key. */
export const deployed = { OS_SECURITY_KEY: KEY };
export const withKey = (headers: Record<string, string> = {}) => ({ Authorization: `Bearer ${KEY}`, ...headers });
