import type { Requirement } from "../../domain/requirement.ts";
import type { RunError } from "../../domain/run.ts";
import { DELEGATE_TO_MEMBER, DELEGATE_TO_MEMBERS } from "../../domain/team.ts";
import type { Tool } from "../../domain/tool.ts";
import { WHOLE_VIEW } from "../../domain/view.ts";
import { EventReader } from "../events/run-events.ts";
import {
  membersOfCall,
  openRequirements,
  type PendingCall,
  pendingCalls,
  requirementOfCall,
  wasInterrupted,
} from "../run/calls.ts";
import type { Run, RunFact } from "../run/state.ts";

/** Both names: the team may have got another mode since the call was made. */
const DELEGATIONS: readonly string[] = [DELEGATE_TO_MEMBER, DELEGATE_TO_MEMBERS];

const INTERRUPTED: RunError = {
  type: "interrupted",
  message: "The run was interrupted before it ended; what had been written down by then was kept.",
};

interface Interruption {
  /** Whether the run had paused before and was continued: a person has approved the calls that it was running. */
  continues: boolean;
  /** An event index above all that a reader can have got. */
  nextIndex: number;
  /** The requirement that asks whether a call which had begun is to run again; null for a call that may run unasked. */
  askAgain(pending: PendingCall): Requirement | null;
}

/**
 * What becomes of a run whose instance died. A run that was continued and died among its tools pauses again: results
 * stay, and a person is asked about a call whose end is not known. A run that only waited for a summary is complete. Any
 * other run is closed as interrupted, with its partial answer.
 */
export function interruption(run: Run, { continues, nextIndex, askAgain }: Interruption): RunFact[] {
  const facts: RunFact[] = [];
  if (run.log.length === 0) {
    // Readers may have seen that the run started, even if nothing of the run was written down before the death.
    facts.push({ type: "run_started" });
  }
  if (nextIndex > run.eventCount + facts.length) {
    facts.push({ type: "gap", nextIndex });
  }
  for (const [member, events] of untold(run)) {
    facts.push({ type: "member_told", member, events });
  }
  if (run.answered !== null) {
    // The run had its answer and only waited for a summary.
    const told = run.log.some(({ kind }) => kind === "summary_completed");
    const summary: RunFact[] = told ? [] : [{ type: "summary_completed", summary: null }];
    return [...facts, ...summary, { type: "completed", finishReason: run.answered }];
  }
  const pending = pendingCalls(run);
  if (!continues || run.answer !== null || pending.length === 0) {
    return [...facts, { type: "failed", error: INTERRUPTED }];
  }
  const requirements = pending.filter((call) => hasBegun(run, call)).flatMap((call) => askAgain(call) ?? []);
  const open = openRequirements(run, requirements);
  return [...facts, { type: "paused", requirements, open: open.map(({ position }) => position) }];
}

/** A call that was under way at so many deaths may be what the object dies of: unasked it would do so for ever. */
const MAX_DEATHS_IN_CALL = 3;

/** Whether a call that had begun may run again unasked; `tool` is undefined if the deployment no longer has the tool. */
export function mayRunAgain(run: Run, { nth }: PendingCall, tool: Tool | undefined): boolean {
  // A call without a result began once for each death, in this drive and in the ones before it.
  const deaths = run.log.filter((entry) => entry.kind === "tool_started" && entry.call === nth).length;
  return tool?.idempotent === true && deaths < MAX_DEATHS_IN_CALL;
}

/** How many events of each member run the team run has not told yet. Mostly these tell how the member run stopped. */
function untold({ members, log }: Run): [member: number, events: number][] {
  const told = (nth: number) =>
    log.reduce((sum, entry) => sum + (entry.kind === "member_told" && entry.member === nth ? entry.events : 0), 0);
  return members
    .map((member, nth): [number, number] => [nth, countEvents(member) - told(nth)])
    .filter(([, events]) => events > 0);
}

function countEvents(run: Run): number {
  const reader = new EventReader(run, WHOLE_VIEW);
  let count = 0;
  while (reader.next(run.log.length) !== null) {
    count += 1;
  }
  return count;
}

/**
 * Whether the call began to run since a person was last asked about it. A delegation has begun if one of its member runs
 * was interrupted and none is paused.
 */
function hasBegun(run: Run, { call, nth }: PendingCall): boolean {
  if (run.head.component.type === "team" && DELEGATIONS.includes(call.name)) {
    const members = membersOfCall(run, nth);
    return members.some(wasInterrupted) && members.every(({ end }) => end?.status !== "PAUSED");
  }
  const begun = run.log.findLastIndex((entry) => entry.kind === "tool_started" && entry.call === nth);
  const asked = requirementOfCall(run, nth);
  const paused =
    asked === null
      ? -1
      : run.log.findLastIndex((entry) => entry.kind === "run_paused" && entry.open.includes(asked.position));
  return begun > paused;
}
