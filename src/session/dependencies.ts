import type { ModelSource } from "../domain/model.ts";
import type { ExpiryNote } from "./recovery/alarm.ts";
import type { LandingDependencies } from "./recovery/landing.ts";

/** What a live session gets from outside: it has no platform, no clock and no model of its own. */
export interface SessionDependencies extends LandingDependencies {
  models: ModelSource;
  /** Has the platform wake the object at this instant, even if this instance is dead by then; null: not any more. */
  setAlarm(atMs: number | null): void;
  /** When the first open requirement expires. */
  expiry: ExpiryNote;
  /** Empties the object's own storage, its alarm too. */
  forgetStorage(): void;
  /** Keeps the object alive while this work goes on, which nobody waits for. The promise must not reject. */
  background(work: Promise<void>): void;
  settings: SessionSettings;
}

export interface SessionSettings {
  maxToolRounds: number;
  toolTimeoutMs: number;
  /** How many member runs one top-level team run may have, at all depths together. */
  maxMemberRuns: number;
  /** The deployment's naming model; null: sessions are named by their agent's own. */
  namingModel: string | null;
  /** Sent with naming requests; null: not sent. */
  namingReasoningEffort: string | null;
  /** How long sessions are kept whose agent or team does not say; null is for ever. */
  sessionTtlSeconds: number | null;
  /** How long a deleted session can be brought back; callers are told. */
  deleteUndoSeconds: number;
  /** The deployment's summarizing model; null: sessions are summarized by their agent's own. */
  summaryModel: string | null;
}
