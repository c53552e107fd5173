import type { ModelSource } from "../../domain/model.ts";
import type { Registry } from "../../domain/team.ts";
import type { Config } from "../../env.ts";
import type { SessionClient } from "../../session/client.ts";

/** What the handlers of sessions and runs are handed. */
export interface RouteDependencies extends Registry {
  models(config: Config): ModelSource;
  /** The object of a session; the only way to write one that exists. */
  session(config: Config, sessionId: string): SessionClient;
  /** Milliseconds since the epoch. */
  now(): number;
  newId(): string;
}
