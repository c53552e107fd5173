import type { JsonObject } from "../../domain/json.ts";
import { MAX_REQUIREMENTS, MAX_RUN_OUTPUT_BYTES, MAX_TOOL_RESULT_BYTES } from "../../domain/limits.ts";
import type { Model } from "../../domain/model.ts";
import { isTeam, membersOf, type Team } from "../../domain/team.ts";
import type { ToolContext } from "../../domain/tool.ts";
import type { CallPlan, DriveDependencies, ToolOutcome } from "../../engine/drive/dependencies.ts";
import { answerOutcome, requirementOf } from "../../engine/people/requirements.ts";
import {
  isWaitingDelegation,
  type PendingCall,
  requirementOfCall,
  toolArguments,
  toolResultBytes,
  unusable,
} from "../../engine/run/calls.ts";
import { delegateTool, isDelegation } from "../../engine/prompt/team.ts";
import { utf8Bytes } from "../../lib/text.ts";
import type { RunTree, Strand } from "./driven-tree.ts";
import { callTool, misfit, toolSpecs } from "./tool-runner.ts";

/** Kept free below the limit for notes about what was cut or not run. */
const OUTPUT_RESERVE_BYTES = 16 * 1024;

/** How a team's call reaches its members (`member-runs.ts`, which needs this file for them in turn). */
export type Delegate = (
  tree: RunTree,
  strand: Strand,
  team: Team,
  pending: PendingCall,
  args: JsonObject | null,
) => Promise<ToolOutcome>;

/** What a run of the tree is driven with. */
export function driveDependencies(tree: RunTree, strand: Strand, model: Model, delegate: Delegate): DriveDependencies {
  const { deps, summaries } = tree.lane;
  const { run, component } = strand;
  const team = isTeam(component) ? component : null;
  const tools = component.tools ?? [];
  const specs = toolSpecs(tools);
  return {
    model,
    tools: team === null ? specs : [...specs, delegateTool(team.mode, membersOf(deps, team))],
    plan: (pending) => plan(tree, strand, pending),
    callTool: async ({ call, nth }, args, signal) => {
      if (team !== null && isDelegation(team.mode, call.name)) {
        return delegate(tree, strand, team, { call, nth }, args);
      }
      const calling = { signal, contextOf: (limited: AbortSignal) => toolContext(tree, strand, limited) };
      const result = await callTool(tools, { name: call.name, args }, calling, deps.settings.toolTimeoutMs);
      return { kind: "answered", ...result };
    },
    isDelegated: ({ nth }) => isWaitingDelegation(run, nth),
    isAnswer: ({ name }) => team?.mode === "route" && isDelegation(team.mode, name),
    summary: strand.parent === null ? summaries.waitOf(run, strand.input, component, tree.live.signal) : null,
    state: () => tree.state.current,
    eventRoom: () => tree.eventRoom(strand),
    newId: deps.newId,
    signal: tree.live.signal,
    limits: {
      maxToolRounds: deps.settings.maxToolRounds,
      get maxOutputBytes() {
        const own = MAX_RUN_OUTPUT_BYTES - OUTPUT_RESERVE_BYTES;
        return strand.parent === null ? own : Math.min(own, run.outputBytes + tree.memberRoom());
      },
    },
  };
}

/** What a tool of the run may know and change; the state is read when it is asked for. */
function toolContext({ state }: RunTree, { run, component }: Strand, signal: AbortSignal): ToolContext {
  return {
    sessionId: run.head.sessionId,
    runId: run.head.runId,
    agentId: component.id,
    userId: run.head.userId,
    get sessionState() {
      return structuredClone(state.current);
    },
    updateState: (change) => {
      if (signal.aborted) {
        throw new Error("The call is over: it cannot change the session's state any more.");
      }
      return state.update(change);
    },
    signal,
  };
}

/** What is to be done about a call: what was answered for it counts, else what its tool says. */
function plan(tree: RunTree, { run, component }: Strand, pending: PendingCall): CallPlan {
  const { call, nth } = pending;
  const asked = requirementOfCall(run, nth);
  if (asked?.status === "open") {
    return { kind: "wait", requirement: asked, isNew: false };
  }
  if (asked !== null) {
    const outcome = answerOutcome(asked);
    return outcome.kind === "execute" ? { kind: "run", args: outcome.args } : { ...outcome, kind: "answer" };
  }
  const reason = unusable(call);
  if (reason !== null) {
    return { kind: "answer", text: reason, isError: true };
  }
  const args = toolArguments(call);
  const tool = component.tools?.find(({ name }) => name === call.name);
  if (tool === undefined) {
    return isSecondRoute(run, component, pending)
      ? { kind: "answer", text: "Not run: one member answers.", isError: true }
      : { kind: "run", args };
  }
  const { head } = run;
  const top = tree.top.run;
  const isOwn = head.runId === top.head.runId;
  const requirement = requirementOf(tool, call, {
    sessionId: head.sessionId,
    runId: top.head.runId,
    memberRunId: isOwn ? null : head.runId,
    agentId: isTeam(component) ? null : component.id,
    teamId: isTeam(component) ? component.id : null,
    componentName: component.name,
    userId: tree.lane.memory.session?.userId ?? head.userId,
    position: -1,
    call: nth,
    nowMs: tree.lane.deps.now(),
    newId: tree.lane.deps.newId,
  });
  if (requirement === null) {
    return { kind: "run", args };
  }
  if (utf8Bytes(call.id) + Math.max(utf8Bytes(call.arguments), toolResultBytes(args, "")) > MAX_TOOL_RESULT_BYTES) {
    return { kind: "answer", text: "Not run: its arguments are too long to be shown to a person.", isError: true };
  }
  // Nobody is asked about a call that cannot run as it stands.
  const wrong = requirement.kind === "user_input" ? null : misfit(tool, args);
  if (wrong !== null) {
    return { kind: "answer", text: wrong, isError: true };
  }
  const position = tree.takePosition();
  return position < MAX_REQUIREMENTS
    ? { kind: "wait", requirement: { ...requirement, position }, isNew: true }
    : { kind: "answer", text: "Not run: the run has asked people too often.", isError: true };
}

/** In a team that routes only the first delegation of a round counts. */
function isSecondRoute(run: Strand["run"], component: Strand["component"], { call, nth }: PendingCall): boolean {
  if (!isTeam(component) || component.mode !== "route" || !isDelegation(component.mode, call.name)) {
    return false;
  }
  const last = run.messages.findLast((message) => message.role === "assistant" && message.toolCalls.length > 0);
  const calls = last?.role === "assistant" ? last.toolCalls : [];
  const first = calls.findIndex(({ name }) => isDelegation(component.mode, name));
  const firstOfRound = run.messages.flatMap((m) => (m.role === "assistant" ? m.toolCalls : [])).length - calls.length;
  return nth > firstOfRound + first;
}
