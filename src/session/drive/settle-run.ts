import { applyFact, endInstead } from "../../engine/run/apply-fact.ts";
import type { Run } from "../../engine/run/state.ts";
import { commit } from "../../store/commit.ts";
import { keepUsage } from "../../store/usage/ledger.ts";
import type { SessionContext } from "../context.ts";
import { isNotLanded } from "../recovery/leftovers.ts";
import { type Settled, settle } from "../recovery/settle.ts";
import { settledSession, settlementOf, usageOf } from "../recovery/settlement.ts";
import type { LiveRun } from "./live-run.ts";

export type SettleContext = Pick<SessionContext, "deps" | "memory" | "leftovers">;

/**
 * Writes the pause or end of a run that is driven here, and remembers it. If D1 does not confirm the write, the run becomes
 * a leftover. If D1 refuses the run for its content, the run ends with what could be stored. `live` is the top-level run of
 * the tree: the run itself, or the run that it is a member run of.
 */
export async function settleRun({ deps, memory, leftovers }: SettleContext, live: LiveRun, run: Run): Promise<Settled> {
  const { runId } = run.head;
  const write = async (): Promise<Settled> => {
    const { end } = run;
    const session = await memory.row();
    if (session === null || end === null || live.gone) {
      return { kind: live.gone ? "fenced" : "unknown" };
    }
    const mark = memory.mark();
    const settled = await settle(deps.db, { run, end, session: session.value });
    if (settled.kind === "landed" && settled.kept.end !== null && !live.gone) {
      const settlement = settlementOf(settled.kept, settled.kept.end, session.value);
      memory.updateSince(mark, (before) => settledSession(before, settlement));
    }
    return settled;
  };
  // A settle is in line with other writes of the session's row only if it writes a column that others write too: the state,
  // or the tokens, which several runs of a team add to at the same time.
  const inLine = run.isStateChanged || run.members.length > 0 || run.head.parentRunId !== null;
  const written = inLine ? await leftovers.writeRow(write) : await write();
  const settled: Settled = isNotLanded(written) ? { kind: written === "full" ? "full" : "unknown" } : written;
  if (live.gone) {
    if (run.head.parentRunId === null) {
      keepUsed(deps, run);
    }
    return settled;
  }
  if (settled.kind === "unknown" || settled.kind === "full") {
    leftovers.abandon(runId);
    return settled;
  }
  leftovers.forget(runId);
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

/** The session was deleted under the run. What the run has used until then counts all the same. Nobody waits for this. */
function keepUsed({ db, background }: SettleContext["deps"], run: Run): void {
  const usage = usageOf(run);
  if (usage !== null) {
    background(commit(db, [keepUsage(db, usage.key, usage.tokens)]).then(() => {}));
  }
}
