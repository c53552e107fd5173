import type { Message } from "../domain/message.ts";
import type { RunOrigin } from "../domain/run.ts";
import { type Component, isTeam, membersOf, type Registry } from "../domain/team.ts";
import type { HistoryRun } from "../engine/history.ts";
import { readOrNull } from "../store/commit.ts";
import { windowRuns } from "../store/messages.ts";
import { findRun } from "../store/runs.ts";
import type { SessionDependencies } from "./dependencies.ts";
import type { Cast } from "./run-start.ts";

export function castOf(registry: Registry, component: Component): Cast {
  return { component, members: isTeam(component) ? membersOf(registry, component) : [] };
}

/** What a run takes over from another one: its first messages, and the history that stood before that one. */
export interface LoadedOrigin {
  prefix: Message[] | null;
  history: HistoryRun[] | null;
}

/** Reads what a run is made from; nothing for a run of its own. Null when D1 is away, `gone` when that run is. */
export async function loadOrigin(
  { db, sessionId }: SessionDependencies,
  origin: RunOrigin | null,
  lastNRuns: number,
): Promise<LoadedOrigin | "gone" | null> {
  if (origin === null || origin.type === "copied") {
    return { prefix: null, history: null };
  }
  const read = await readOrNull(findRun(db, sessionId, origin.runId));
  if (read === null) {
    return null;
  }
  if (read.value === null) {
    return "gone";
  }
  const { messages } = read.value;
  const window = { lastNRuns, beforeRunIndex: origin.historyBefore };
  const history = await readOrNull(windowRuns(db, sessionId, window));
  return history && { prefix: messages.slice(0, origin.messageIndex), history: history.value };
}
