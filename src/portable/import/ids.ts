import type { RunOrigin } from "../../domain/run.ts";
import type { Session } from "../../domain/session.ts";
import { sha256Hex, uuidFrom } from "../../lib/digest.ts";
import type { HeldRows } from "./session-rows.ts";

/**
 * The new ids of sessions whose own ids were taken. A fork names its source by the old id, so the new one is looked up here.
 * Holds the first `MAX_REMEMBERED` of one import.
 */
export type RenamedSessions = Map<string, string>;

const MAX_REMEMBERED = 10_000;

export function rememberRenamed(renamed: RenamedSessions, from: string, to: string): void {
  if (renamed.size < MAX_REMEMBERED) renamed.set(from, to);
}

/**
 * The ids that a session is imported under: its own, or new ones that are computed from the session's new id and the
 * old id.
 */
export class ImportIds {
  readonly sessionId: string;
  readonly #isNew: boolean;
  readonly #renamed: RenamedSessions;
  /** The last id that was asked for: lines that follow each other name the same run. */
  #last = { old: "", mapped: "" };

  constructor(sessionId: string, isNew: boolean, renamed: RenamedSessions) {
    this.sessionId = sessionId;
    this.#isNew = isNew;
    this.#renamed = renamed;
  }

  /** The id of a run or requirement of the session; null stays null. */
  async mapped<Id extends string | null>(old: Id): Promise<Id> {
    if (!this.#isNew || old === null) {
      return old;
    }
    if (this.#last.old !== old) {
      this.#last = { old, mapped: await mappedId(this.sessionId, old) };
    }
    return this.#last.mapped as Id;
  }

  async origin(origin: RunOrigin | null): Promise<RunOrigin | null> {
    if (origin === null) {
      return null;
    }
    if (origin.type !== "copied") {
      return { ...origin, runId: await this.mapped(origin.runId) };
    }
    const source = this.#renamed.get(origin.sessionId);
    return source === undefined
      ? origin
      : { ...origin, runId: await mappedId(source, origin.runId), sessionId: source };
  }

  source(sessionId: string | null): string | null {
    return sessionId === null ? null : (this.#renamed.get(sessionId) ?? sessionId);
  }
}

async function mappedId(sessionId: string, old: string): Promise<string> {
  return uuidFrom(await sha256Hex(JSON.stringify([sessionId, old])));
}

/** What a session is written as: under which ids, and by which import. */
export interface WrittenAs {
  ids: ImportIds;
  fence: string;
}

export const placedSession = (session: Session, { ids, fence }: WrittenAs): Session => ({
  ...session,
  sessionId: ids.sessionId,
  forkedFromSessionId: ids.source(session.forkedFromSessionId),
  fence,
});

/** Rows under the ids that they are written with. */
export async function placedRows(
  { runs, messages, requirements }: HeldRows,
  { ids, fence }: WrittenAs,
): Promise<HeldRows> {
  const { sessionId } = ids;
  const placed: HeldRows = { runs: [], messages: [], requirements: [] };
  for (const run of runs) {
    const runId = await ids.mapped(run.runId);
    const parentRunId = await ids.mapped(run.parentRunId);
    placed.runs.push({ ...run, sessionId, runId, parentRunId, origin: await ids.origin(run.origin), fence });
  }
  for (const message of messages) {
    placed.messages.push({ ...message, sessionId, runId: await ids.mapped(message.runId) });
  }
  for (const requirement of requirements) {
    const runId = await ids.mapped(requirement.runId);
    const memberRunId = await ids.mapped(requirement.memberRunId);
    const requirementId = await ids.mapped(requirement.requirementId);
    placed.requirements.push({ ...requirement, sessionId, runId, memberRunId, requirementId });
  }
  return placed;
}
