import type { ModelSource } from "../../domain/model.ts";
import type { Registry } from "../../domain/team.ts";
import type { Config } from "../../env.ts";
import type { SessionClient } from "../../session/client.ts";

/** What handlers are handed from outside. */
export interface RouteDependencies extends Registry {
  models(config: Config): ModelSource;
  /** A session's object, which alone writes a session that exists. */
  session(config: Config, sessionId: string): SessionClient;
  /** Milliseconds since the epoch. */
  now(): number;
  newId(): string;
}
