import type { RunTimings } from "../../domain/run.ts";
import type { Component } from "../../domain/team.ts";
import { newRun } from "../../engine/run/state.ts";
import type { SessionContext } from "../context.ts";
import type { StartedRun } from "../drive/drive-to-end.ts";
import { DrivenTree, type TreeTop } from "../drive/driven-tree.ts";
import type { LiveRun } from "../drive/live-run.ts";
import type { RunStart } from "../start/run-start.ts";
import { sessionStarted } from "../start/session-start.ts";

/** What a run is driven with. The tree is made when the run begins. */
export type DriveWith = Omit<StartedRun, "tree"> & { component: Component };

/** `away`: D1 did not take the start, so the run still waits. `gone`: the run was cancelled, or its session deleted. */
export type StartOutcome = StartedRun | "away" | "gone";

/** Journals and remembers a run whose start is in D1. The caller drives what is returned. */
export function beginRun(
  context: Pick<SessionContext, "deps" | "memory" | "leftovers" | "alarm">,
  live: LiveRun,
  { start, timings }: { start: RunStart; timings: RunTimings },
  drive: DriveWith,
): StartedRun {
  const { memory, leftovers, alarm } = context;
  const head = { ...start.head, timings: { ...start.head.timings, ...timings } };
  leftovers.note(live.runId, { phase: "running", head, continues: false });
  memory.update((session) => sessionStarted(session, start.session));
  if (start.session.unindexedFrom !== null) {
    alarm.index();
  }
  if (start.isNewSession) {
    memory.created(start.session);
  }
  memory.stored(start.row, start.input);
  live.row = start.row;
  live.input = start.input;
  live.run = newRun(head);
  return startedRun(context, { live, run: live.run, memberInputs: new Map() }, drive);
}

/** Makes the tree of a run that begins, or continues, here. */
export function startedRun(
  { deps, memory }: Pick<SessionContext, "deps" | "memory">,
  top: Pick<TreeTop, "live" | "run" | "memberInputs">,
  { component, ...drive }: DriveWith,
): StartedRun {
  const { session } = memory;
  const state = session === null ? top.run.state : (session.state ?? {});
  const tree = new DrivenTree({ ...top, component, state }, deps);
  top.live.state = tree.state;
  top.live.stage = "running";
  return { tree, ...drive };
}
