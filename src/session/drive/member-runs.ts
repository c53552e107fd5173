import type { Model } from "../../domain/model.ts";
import { type Component, componentRef, findComponent, isTeam, membersOf } from "../../domain/team.ts";
import { GUARDED_VIEW, shownError } from "../../domain/view.ts";
import type { ToolOutcome } from "../../engine/drive/dependencies.ts";
import { continueRun, driveRun } from "../../engine/drive/drive-run.ts";
import { buildPrompt } from "../../engine/prompt/prompt.ts";
import { delegationResult, type MemberReport, readDelegation } from "../../engine/prompt/team.ts";
import { isWaitingDelegation, membersOfCall, runText, wasInterrupted } from "../../engine/run/calls.ts";
import type { Facts, Run } from "../../engine/run/state.ts";
import { errorFields, log } from "../../lib/log.ts";
import { commit } from "../../store/commit.ts";
import { acceptMemberStatements } from "../../store/runs/writes.ts";
import type { SessionContext } from "../context.ts";
import { headOf, inputMessages, memberRow } from "../start/run-start.ts";
import { type DelegatingCall, driveDependencies } from "./drive-dependencies.ts";
import { type DrivenTree, type Strand, startBytes } from "./driven-tree.ts";
import { failAtOnce } from "./run-recorder.ts";
import { type SettleContext, settleRun } from "./settle-run.ts";

type MembersContext = Pick<SessionContext, "deps" | "memory" | "leftovers" | "summaries">;

/**
 * Has members do the task that their team's leader gave, side by side. After a pause they go on with it. If a member fails,
 * the leader reads so in the answer. Does not reject.
 */
export async function delegate(
  context: MembersContext,
  tree: DrivenTree,
  team: Strand,
  { team: component, pending: { call, nth }, args }: DelegatingCall,
): Promise<ToolOutcome> {
  if (isWaitingDelegation(team.run, nth)) {
    const members = [...team.run.members.entries()].filter(([, { head }]) => head.parentCall === nth);
    await Promise.all(members.map(([ordinal]) => goOn(context, tree, team, ordinal)));
    return outcomeOf(membersOfCall(team.run, nth).map(reportOf));
  }
  const delegation = readDelegation(call.name, args, membersOf(context.deps, component));
  if (!delegation.ok) {
    return { kind: "answered", text: delegation.reason, isError: true };
  }
  const earlier = membersOfCall(team.run, nth).filter((run) => !wasInterrupted(run));
  const reports = delegation.members.map(async (member): Promise<MemberReport | "paused"> => {
    const done = earlier.find(({ head }) => head.component.id === member.id);
    if (done !== undefined) {
      // The member run ended before the object died, and the leader was not told of it yet.
      return reportOf(done);
    }
    const task = { member, task: delegation.task, parentCall: nth };
    const started = await tree.accepts.run(() => startMember(context, tree, team, task));
    if (!started.ok) {
      return { name: member.name, text: started.reason, failed: true };
    }
    await driveMember(context, tree, { ...started, continues: false });
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
      // What the leader reads is a tool's result, which every reader of the run sees.
      return { name, text: shownError(run.end.error, GUARDED_VIEW).message, failed: true };
    default:
      return { name, text: "The run was cancelled.", failed: true };
  }
}

/** Goes on with a member run that was paused, if it has not ended. */
async function goOn(context: MembersContext, tree: DrivenTree, team: Strand, ordinal: number): Promise<void> {
  const run = team.run.members[ordinal];
  if (run === undefined || run.end !== null) {
    return;
  }
  const { deps } = context;
  const component = findComponent(deps, run.head.component) ?? {
    id: run.head.component.id,
    name: run.head.component.name,
  };
  const strand = tree.member(team, ordinal, component);
  if (strand !== null) {
    await driveMember(context, tree, { strand, model: deps.models(component.model), continues: true });
  }
}

interface Task {
  member: Component;
  task: string;
  /** The number of the leader's call that gives the task. */
  parentCall: number;
}

type Started = { ok: true; strand: Strand; model: Model } | { ok: false; reason: string };

const notStarted = (reason: string): Started => ({ ok: false, reason });

/** Stores a member run with its first messages, before its model is asked. */
async function startMember(
  { deps, memory, leftovers }: Pick<SessionContext, "deps" | "memory" | "leftovers">,
  tree: DrivenTree,
  team: Strand,
  { member, task, parentCall }: Task,
): Promise<Started> {
  if (tree.live.signal.aborted) {
    return notStarted("The run was cancelled.");
  }
  const model = deps.models(member.model);
  if (model === null) {
    return notStarted("No model is configured.");
  }
  const nowMs = deps.now();
  const cast = { component: member, members: isTeam(member) ? membersOf(deps, member) : [] };
  const input = inputMessages(task, cast, { nowMs, newId: deps.newId });
  if (startBytes(input, tree.state.current) > tree.memberRoom()) {
    return notStarted("Not started: the members of this run have said as much as they may.");
  }
  const runIndex = tree.takeMemberIndex();
  if (runIndex === null) {
    return notStarted(`Not started: this run has had its ${deps.settings.maxMemberRuns} member runs.`);
  }
  const row = memberRow({
    component: member,
    parent: team.run.head,
    parentCall,
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
  const { texts: known } = memory;
  const statements = acceptMemberStatements(deps.db, { run: row, team: { runId: teamRunId, fence }, input, known });
  const committed = await commit(deps.db, statements);
  if (committed.kind === "unknown") {
    leftovers.abandon(runId);
    return notStarted("The run could not be stored.");
  }
  if (committed.kind !== "written" || !committed.changed[0]) {
    leftovers.forget(runId);
    return notStarted("The run could not be stored.");
  }
  if (tree.live.gone) {
    leftovers.forget(runId);
    return notStarted("The session was deleted.");
  }
  memory.stored(row, input);
  const head = headOf(row, componentRef(member));
  leftovers.note(runId, { phase: "running", head, continues: false });
  team.recorder.record({ type: "member_started", head });
  const strand = tree.member(team, team.run.members.length - 1, member, input);
  return strand === null ? notStarted("The run could not be started.") : { ok: true, strand, model };
}

/** A member run with its model; null if none is configured any more. */
interface MemberDrive {
  strand: Strand;
  model: Model | null;
  /** Whether it was paused. */
  continues: boolean;
}

/**
 * Drives a member run until it has paused or ended, and stores that; then its team's readers see it. A member sees its task,
 * not the session's history. Does not reject: what goes wrong ends the run.
 */
async function driveMember(context: MembersContext, tree: DrivenTree, drive: MemberDrive): Promise<void> {
  const { strand } = drive;
  await strand.recorder.recordAll(memberFacts(context, tree, drive));
  if (tree.state.current !== strand.run.state) {
    // The state is stored with the top-level run. The member run keeps it as it was at its own end.
    strand.recorder.record({ type: "state_changed", state: tree.state.current });
  }
  await settleMember(context, tree, strand);
}

async function settleMember(context: SettleContext, tree: DrivenTree, { recorder, run }: Strand): Promise<void> {
  const settled = await settleRun(context, tree.live, run).catch((error: unknown) => {
    log("error", "settle.failed_unexpectedly", { run_id: run.head.runId, ...errorFields(error) });
    context.leftovers.abandon(run.head.runId);
  });
  if (settled?.kind === "unknown" || settled?.kind === "full") {
    tree.live.persisted = false;
  }
  recorder.show();
}

/** Cancels the member runs that have not ended when their team run ends, because nothing would continue them. */
export async function endMembers(context: SettleContext, tree: DrivenTree, team: Strand): Promise<void> {
  for (const [nth, { end, head }] of team.run.members.entries()) {
    const strand = tree.member(team, nth, { id: head.component.id, name: head.component.name });
    if (strand !== null) {
      await endMembers(context, tree, strand);
      if (end === null) {
        strand.recorder.record({ type: "cancelled" });
        await settleMember(context, tree, strand);
      }
    }
  }
}

function memberFacts(
  context: MembersContext,
  tree: DrivenTree,
  { strand, model, continues }: MemberDrive,
): AsyncIterable<Facts> {
  if (model === null) {
    const error = { type: "model_not_configured", message: "No model is configured." } as const;
    return failAtOnce(error, continues ? tree.state.current : null);
  }
  const prompt = buildPrompt(strand.input, strand.component);
  const deps = driveDependencies(context, tree, {
    strand,
    model,
    delegate: (delegation) => delegate(context, tree, strand, delegation),
  });
  return continues ? continueRun(strand.run, prompt, deps) : driveRun(strand.run, prompt, deps);
}
