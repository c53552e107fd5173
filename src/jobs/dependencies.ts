import type { Registry } from "../domain/team.ts";
import type { Config } from "../env.ts";
import type { SessionClient } from "../session/client.ts";
import { type Database, openDatabase } from "../store/database.ts";

/** What work over many sessions is handed. */
export interface JobDependencies extends Registry {
  config: Config;
  db: Database;
  session(sessionId: string): SessionClient;
  /** Milliseconds since the epoch. */
  now(): number;
  newId(): string;
}

/** What routes are handed. */
interface Shared extends Registry {
  session(config: Config, sessionId: string): SessionClient;
  now(): number;
  newId(): string;
}

export function jobDependencies({ agents, teams, session, now, newId }: Shared, config: Config): JobDependencies {
  const db = openDatabase(config.db);
  return { agents, teams, config, db, session: (sessionId) => session(config, sessionId), now, newId };
}
