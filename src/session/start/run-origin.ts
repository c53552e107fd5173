import type { RunOrigin } from "../../domain/run.ts";
import { type Component, isTeam, membersOf, type Registry } from "../../domain/team.ts";
import type { HistoryWindow, WindowRun } from "../../engine/prompt/window.ts";
import { readOrNull } from "../../store/commit.ts";
import type { Database } from "../../store/database.ts";
import { windowRuns } from "../../store/messages/window.ts";
import { findRun } from "../../store/runs/runs.ts";
import { type Prefix, prefixOf } from "./prefix.ts";
import type { Cast } from "./run-start.ts";

export function castOf(registry: Registry, component: Component): Cast {
  return { component, members: isTeam(component) ? membersOf(registry, component) : [] };
}

/** What a run that is made from an older one begins with, and the history that stood before the older one. */
export interface LoadedOrigin {
  prefix: Prefix | null;
  history: WindowRun[] | null;
}

/**
 * Reads the older run that a run is made from, if it is made from one. Null when D1 is away; `gone` if the
 * older run is gone.
 */
export async function loadOrigin(
  { db, sessionId }: { db: Database; sessionId: string },
  origin: RunOrigin | null,
  window: HistoryWindow,
): Promise<LoadedOrigin | "gone" | null> {
  if (origin === null || origin.type === "copied") {
    return { prefix: null, history: null };
  }
  const read = await readOrNull(findRun(db, { sessionId, principal: null }, origin.runId));
  if (read === null) {
    return null;
  }
  if (read.value === null) {
    return "gone";
  }
  const prefix = prefixOf(read.value, origin);
  const before = { ...window, beforeRunIndex: origin.historyBefore };
  const history = await readOrNull(windowRuns(db, sessionId, before));
  return history && { prefix, history: history.value };
}
