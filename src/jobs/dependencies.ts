import type { Registry } from "../domain/team.ts";
import type { Config } from "../env.ts";
import type { SessionClient } from "../session/client.ts";
import type { Database } from "../store/database.ts";

/** What work across sessions is handed. */
export interface JobDependencies extends Registry {
  config: Config;
  db: Database;
  session(sessionId: string): SessionClient;
  /** Milliseconds since the epoch. */
  now(): number;
  newId(): string;
}
