import { applyFact, endInstead } from "../../engine/run/apply-fact.ts";
import type { Run } from "../../engine/run/state.ts";
import { type Settled, settle } from "../recovery/landing.ts";
import type { LiveRun } from "./live-run.ts";
import type { RunLane } from "../lane/run-lane.ts";
import { isMember } from "./driven-tree.ts";
import { settledSession, settlementOf } from "../recovery/settlement.ts";

/**
 * Writes the pause or end of a run that is driven here and remembers it. What D1 did not confirm is a leftover then. A
 * run that D1 refused for its content ends as what was kept of it.
 */
export async function settleRun(lane: RunLane, live: LiveRun, run: Run): Promise<Settled> {
  const { deps, memory } = lane;
  const { runId } = run.head;
  const write = async (): Promise<Settled> => {
    const { end } = run;
    const session = await memory.row();
    if (session === null || end === null || live.gone) {
      return { kind: live.gone ? "fenced" : "unknown" };
    }
    const mark = memory.mark();
    const settled = await settle(deps.db, run, end, session.value);
    if (settled.kind === "landed" && settled.kept.end !== null && !live.gone) {
      const settlement = settlementOf(settled.kept, settled.kept.end, session.value);
      memory.updateSince(mark, (before) => settledSession(before, settlement));
    }
    return settled;
  };
  // Values of the session's row that others write too are written in line with them: its state, and its tokens where
  // several runs settle at once.
  const inLine = run.isStateChanged || run.members.length > 0 || isMember(run.head);
  const settled = inLine ? ((await lane.leftovers.writeRow(write)) ?? { kind: "unknown" }) : await write();
  if (live.gone) {
    return settled;
  }
  if (settled.kind === "unknown") {
    lane.leftovers.abandon(runId);
    return settled;
  }
  lane.leftovers.forget(runId);
  if (settled.kind === "fenced") {
    memory.drop();
    return settled;
  }
  const { kept } = settled;
  if (kept !== run && kept.end?.status === "ERROR") {
    endInstead(run, { type: "failed", error: kept.end.error });
    applyFact(run, { at: 0, fact: { type: "state_changed", state: kept.state } });
  }
  return settled;
}
