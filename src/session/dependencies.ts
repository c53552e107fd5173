import type { ModelSource } from "../domain/model.ts";
import type { Registry } from "../domain/team.ts";
import type { Database } from "../store/database.ts";
import type { ExpiryNote } from "./recovery/alarm.ts";
import type { Journal } from "./recovery/journal.ts";

/** All that a live session is handed: it knows no platform, no clock and no model of its own. */
export interface SessionDependencies extends Registry {
  sessionId: string;
  db: Database;
  journal: Journal;
  models: ModelSource;
  /** Milliseconds since the epoch. */
  now(): number;
  newId(): string;
  /** Wakes the object at this instant, also when this instance is dead by then. */
  setAlarm(atMs: number): void;
  /** When the first open requirement expires. */
  expiry: ExpiryNote;
  /** Empties the object's own storage, its alarm too. */
  forgetStorage(): void;
  /** Keeps the object alive for work that nobody waits for; the promise must not reject. */
  background(work: Promise<void>): void;
  settings: SessionSettings;
}

export interface SessionSettings {
  maxToolRounds: number;
  toolTimeoutMs: number;
  /** How many member runs one team run may have, over all depths. */
  maxMemberRuns: number;
  /** The deployment's naming model; null when agents are named by their own. */
  namingModel: string | null;
  /** Null: not sent. */
  namingReasoningEffort: string | null;
  /** How long a deleted session can be brought back, as callers are told. */
  deleteUndoSeconds: number;
  /** The deployment's summarizing model; null when sessions are summarized by their agent's own. */
  summaryModel: string | null;
}
