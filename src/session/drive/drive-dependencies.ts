import type { JsonObject } from "../../domain/json.ts";
import { MAX_RUN_OUTPUT_BYTES } from "../../domain/limits.ts";
import type { Model } from "../../domain/model.ts";
import { isTeam, membersOf, type Team } from "../../domain/team.ts";
import type { ToolContext } from "../../domain/tool.ts";
import type { DriveDependencies, ToolOutcome } from "../../engine/drive/dependencies.ts";
import { delegateTool, isDelegation } from "../../engine/prompt/team.ts";
import { isWaitingDelegation, type PendingCall } from "../../engine/run/calls.ts";
import type { SessionContext } from "../context.ts";
import { planCall } from "./call-plan.ts";
import type { DrivenTree, Strand } from "./driven-tree.ts";
import { requestDigests } from "./request-digests.ts";
import { callTool, toolSpecs } from "./tool-runner.ts";

/** Room that a run's output leaves free for notes about what was cut or not run. */
const OUTPUT_RESERVE_BYTES = 16 * 1024;

/** A call in which a team's leader gives a task to members. */
export interface DelegatingCall {
  team: Team;
  pending: PendingCall;
  args: JsonObject | null;
}

/** A run of the tree with its model. `delegate` has members do the task of a leader's call. */
export interface Driven {
  strand: Strand;
  model: Model;
  /** When its first request was sent, in milliseconds since the run started, if that was before the drive began. */
  firstSentAt?: number | undefined;
  delegate(delegation: DelegatingCall): Promise<ToolOutcome>;
}

/** What the engine is handed to drive one run of the tree. */
export function driveDependencies(
  { deps, memory, summaries }: Pick<SessionContext, "deps" | "memory" | "summaries">,
  tree: DrivenTree,
  { strand, model, firstSentAt, delegate }: Driven,
): DriveDependencies {
  const { run, component } = strand;
  const { signal } = tree.live;
  const team = isTeam(component) ? component : null;
  const tools = component.tools ?? [];
  const specs = toolSpecs(tools);
  return {
    model,
    tools: team === null ? specs : [...specs, delegateTool(team.mode, membersOf(deps, team))],
    plan: (pending) =>
      planCall(strand, pending, {
        topRunId: tree.top.run.head.runId,
        userId: memory.session?.userId ?? run.head.userId,
        nowMs: deps.now(),
        newId: deps.newId,
        takePosition: () => tree.takePosition(),
      }),
    callTool: async ({ call, nth }, args, signalOfCall) => {
      if (team !== null && isDelegation(team.mode, call.name)) {
        return delegate({ team, pending: { call, nth }, args });
      }
      const calling = { signal: signalOfCall, contextOf: (limited: AbortSignal) => toolContext(tree, strand, limited) };
      const result = await callTool(tools, { name: call.name, args }, calling, deps.settings.toolTimeoutMs);
      return { kind: "answered", ...result };
    },
    isDelegated: ({ nth }) => isWaitingDelegation(run, nth),
    isAnswer: ({ name }) => team?.mode === "route" && isDelegation(team.mode, name),
    summary: strand.parent === null ? summaries.waitOf(run, strand.input, component, signal) : null,
    state: () => tree.state.current,
    eventRoom: () => tree.eventRoom(strand),
    dropsHistory: component.onRefusedHistory !== "fail",
    reasoningRoom: () => (component.showReasoning === false ? 0 : tree.reasoningRoom(strand)),
    providerDataRoom: () => tree.providerDataRoom(strand),
    newId: deps.newId,
    firstSentAt,
    requestDigests: () => requestDigests(run.head.sessionId, run.head.userId ?? memory.session?.userId ?? null),
    signal,
    limits: {
      maxToolRounds: deps.settings.maxToolRounds,
      get maxOutputBytes() {
        const own = MAX_RUN_OUTPUT_BYTES - OUTPUT_RESERVE_BYTES;
        return strand.parent === null ? own : Math.min(own, run.outputBytes + tree.memberRoom());
      },
    },
  };
}

/** What a tool of the run may know and change. The state is copied when the tool asks for it. */
function toolContext({ state }: DrivenTree, { run, component }: Strand, signal: AbortSignal): ToolContext {
  return {
    sessionId: run.head.sessionId,
    runId: run.head.runId,
    agentId: component.id,
    userId: run.head.userId,
    claims: structuredClone(run.head.claims ?? null),
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
