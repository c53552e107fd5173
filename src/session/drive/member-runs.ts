import type { JsonObject } from "../../domain/json.ts";
import type { Message } from "../../domain/message.ts";
import type { Model } from "../../domain/model.ts";
import type { RunRow } from "../../domain/run.ts";
import { type Component, componentRef, findComponent, isTeam, membersOf, type Team } from "../../domain/team.ts";
import type { ToolOutcome } from "../../engine/drive/dependencies.ts";
import { continueRun, driveRun } from "../../engine/drive/drive-run.ts";
import { buildPrompt } from "../../engine/prompt/prompt.ts";
import {
  isWaitingDelegation,
  membersOfCall,
  type PendingCall,
  runText,
  wasInterrupted,
} from "../../engine/run/calls.ts";
import type { Run, RunFact, RunHead } from "../../engine/run/state.ts";
import { delegationResult, type MemberReport, readDelegation } from "../../engine/prompt/team.ts";
import { errorFields, log } from "../../lib/log.ts";
import { commit } from "../../store/commit.ts";
import { acceptMemberStatements } from "../../store/runs/writes.ts";
import { driveDependencies } from "./drive-dependencies.ts";
import { failAtOnce, recordAll } from "./record-all.ts";
import { headOf, inputMessages, memberRow } from "../start/run-start.ts";
import { type RunTree, type Strand, startBytes } from "./driven-tree.ts";
import { settleRun } from "./settle-run.ts";

/**
 * Has members do what their team's leader asked for, side by side, or go on with it after a pause. What goes wrong with
 * one of them is a part of the answer. Does not reject.
 */
export async function delegate(
  tree: RunTree,
  team: Strand,
  component: Team,
  { call, nth }: PendingCall,
  args: JsonObject | null,
): Promise<ToolOutcome> {
  const { deps } = tree.lane;
  if (isWaitingDelegation(team.run, nth)) {
    const members = [...team.run.members.entries()].filter(([, { head }]) => head.parentCall === nth);
    await Promise.all(members.map(([ordinal, run]) => goOn(tree, team, ordinal, run)));
    return outcomeOf(membersOfCall(team.run, nth).map(reportOf));
  }
  const delegation = readDelegation(call.name, args, membersOf(deps, component));
  if (!delegation.ok) {
    return { kind: "answered", text: delegation.reason, isError: true };
  }
  const earlier = membersOfCall(team.run, nth).filter((run) => !wasInterrupted(run));
  const reports = delegation.members.map(async (member): Promise<MemberReport | "paused"> => {
    const done = earlier.find(({ head }) => head.component.id === member.id);
    if (done !== undefined) {
      // Its object died before the leader heard of it.
      return reportOf(done);
    }
    const started = await tree.accepts.run(() => startMember(tree, team, nth, member, delegation.task));
    if (!started.ok) {
      return { name: member.name, text: started.reason, failed: true };
    }
    await driveMember(tree, started.strand, started.model, false);
    return reportOf(started.strand.run);
  });
  return outcomeOf(await Promise.all(reports));
}

function outcomeOf(reports: readonly (MemberReport | "paused")[]): ToolOutcome {
  const done = reports.filter((report) => report !== "paused");
  return done.length < reports.length ? { kind: "member_paused" } : { kind: "answered", ...delegationResult(done) };
}

function reportOf(run: Run): MemberReport | "paused" {
  const { name } = run.head.component;
  switch (run.end?.status) {
    case "PAUSED":
      return "paused";
    case "COMPLETED":
      return { name, text: runText(run), failed: false };
    case "ERROR":
      return { name, text: run.end.error.message, failed: true };
    default:
      return { name, text: "The run was cancelled.", failed: true };
  }
}

async function goOn(tree: RunTree, team: Strand, ordinal: number, run: Run): Promise<void> {
  if (run.end !== null) {
    return;
  }
  const { deps } = tree.lane;
  const component = findComponent(deps, run.head.component) ?? {
    id: run.head.component.id,
    name: run.head.component.name,
  };
  const strand = tree.member(team, ordinal, component);
  if (strand !== null) {
    await driveMember(tree, strand, deps.models(component.model), true);
  }
}

type Started = { ok: true; strand: Strand; model: Model } | { ok: false; reason: string };

/** Stores a member run with its first messages, before its model is asked. */
async function startMember(
  tree: RunTree,
  team: Strand,
  nth: number,
  member: Component,
  task: string,
): Promise<Started> {
  const { deps, leftovers, memory } = tree.lane;
  if (tree.live.signal.aborted) {
    return { ok: false, reason: "The run was cancelled." };
  }
  const model = deps.models(member.model);
  if (model === null) {
    return { ok: false, reason: "No model is configured." };
  }
  const nowMs = deps.now();
  const members = isTeam(member) ? membersOf(deps, member) : [];
  const input: Message[] = inputMessages(task, { component: member, members }, nowMs, deps.newId);
  if (startBytes(input, tree.state.current) > tree.memberRoom()) {
    return { ok: false, reason: "Not started: the members of this run have said as much as they may." };
  }
  const runIndex = tree.takeMemberIndex();
  if (runIndex === null) {
    return { ok: false, reason: `Not started: this run has had its ${deps.settings.maxMemberRuns} member runs.` };
  }
  const row: RunRow = memberRow({
    component: member,
    parent: team.run.head,
    parentCall: nth,
    runId: deps.newId(),
    fence: deps.newId(),
    runIndex,
    input: task,
    inputMessages: input.length,
    model,
    state: tree.state.current,
    nowMs,
  });
  const { runId, sessionId } = row;
  const sessionFence = memory.session?.fence ?? "";
  const note = { runId, sessionId, sessionFence, runIndex, startedSession: false, previous: null };
  leftovers.note(runId, { phase: "accepting", note });
  const { runId: teamRunId, fence } = team.run.head;
  const statements = acceptMemberStatements(deps.db, { run: row, team: { runId: teamRunId, fence }, input });
  const committed = await commit(deps.db, statements);
  if (committed.kind === "unknown") {
    leftovers.abandon(runId);
    return { ok: false, reason: "The run could not be stored." };
  }
  if (committed.kind === "refused" || !committed.changed[0]) {
    leftovers.forget(runId);
    return { ok: false, reason: "The run could not be stored." };
  }
  if (tree.live.gone) {
    leftovers.forget(runId);
    return { ok: false, reason: "The session was deleted." };
  }
  const head: RunHead = headOf(row, componentRef(member));
  leftovers.note(runId, { phase: "running", head, continues: false });
  team.recorder.record({ type: "member_started", head });
  const strand = tree.member(team, team.run.members.length - 1, member, input);
  return strand === null ? { ok: false, reason: "The run could not be started." } : { ok: true, strand, model };
}

/**
 * Drives a member run until it has paused or ended and is written down; its team's readers see the end then. A member
 * sees its task, not the session's history. Does not reject: what goes wrong ends the run.
 */
async function driveMember(tree: RunTree, strand: Strand, model: Model | null, continues: boolean): Promise<void> {
  await recordAll(strand, memberFacts(tree, strand, model, continues));
  if (tree.state.current !== strand.run.state) {
    // The state is its team run's, and is stored with that; a member run shows how it stood at its own end.
    strand.recorder.record({ type: "state_changed", state: tree.state.current });
  }
  await settleMember(tree, strand);
}

async function settleMember(tree: RunTree, { recorder, run }: Strand): Promise<void> {
  const settled = await settleRun(tree.lane, tree.live, run).catch((error: unknown) => {
    log("error", "settle.failed_unexpectedly", { run_id: run.head.runId, ...errorFields(error) });
    tree.lane.leftovers.abandon(run.head.runId);
  });
  if (settled?.kind === "unknown") {
    tree.live.persisted = false;
  }
  recorder.show();
}

/** Ends the member runs that nobody goes on with any more: their team's run has ended before it came to them. */
export async function endMembers(tree: RunTree, team: Strand): Promise<void> {
  for (const [nth, { end, head }] of team.run.members.entries()) {
    const strand = tree.member(team, nth, { id: head.component.id, name: head.component.name });
    if (strand !== null) {
      await endMembers(tree, strand);
      if (end === null) {
        strand.recorder.record({ type: "cancelled" });
        await settleMember(tree, strand);
      }
    }
  }
}

function memberFacts(tree: RunTree, strand: Strand, model: Model | null, continues: boolean): AsyncIterable<RunFact> {
  if (model === null) {
    const error = { type: "model_not_configured", message: "No model is configured." } as const;
    return failAtOnce(error, continues ? tree.state.current : null);
  }
  const prompt = buildPrompt([], strand.input);
  const deps = driveDependencies(tree, strand, model, delegate);
  return continues ? continueRun(strand.run, prompt, deps) : driveRun(strand.run, prompt, deps);
}
