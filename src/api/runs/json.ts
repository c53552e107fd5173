import type { JsonObject } from "../../domain/json.ts";
import type { Message } from "../../domain/message.ts";
import type { Requirement } from "../../domain/requirement.ts";
import type { RunOrigin, RunRow, RunStatus } from "../../domain/run.ts";
import { shownDropped, shownError, shownRunMetadata, type View } from "../../domain/view.ts";
import { EventReader } from "../../engine/events/run-events.ts";
import { toolExecutions } from "../../engine/events/tool-executions.ts";
import { pausedContent, runRequirementJson } from "../../engine/people/requirement-json.ts";
import { openRequirements, requirementsWithin, runReasoning, runText } from "../../engine/run/calls.ts";
import { runMetrics } from "../../engine/run/metrics.ts";
import type { Run } from "../../engine/run/state.ts";
import { runFromRow, runTree } from "../../engine/run/stored-run.ts";
import type { LazyList } from "../../lib/json-pieces.ts";
import { epochSeconds, isoSeconds, messagesJson, withoutNulls } from "../shared/json.ts";

/** A run, with what it was asked. */
export interface AskedRun {
  run: Run;
  status: RunStatus;
  /** The user's message as it was sent; null for a member run within its team run, which does not hold that message. */
  input: string | null;
  /** The messages that stand before what the run produced. */
  inputMessages: readonly Message[];
  /** AgentOS's metadata of an imported run; null for a run that was made here. */
  metadata: JsonObject | null;
}

interface Stored {
  row: RunRow;
  messages: readonly Message[];
}

/** A run from its row and its messages, input first; without the member runs in it. */
export function askedRun({ row, messages }: Stored, requirements: Requirement[] = []): AskedRun {
  return asked({ row, messages }, runFromRow(row, messages, requirements));
}

/** A run with the member runs in it. */
export function askedTree(tree: Stored & { members: readonly Stored[]; requirements: Requirement[] }): AskedRun {
  return asked(tree, runTree(tree, tree.members, tree.requirements));
}

function asked({ row, messages }: Stored, run: Run): AskedRun {
  const { status, input, metadata } = row;
  return { run, status, input, metadata, inputMessages: messages.slice(0, row.inputMessages) };
}

/** AgentOS's RunOutput or TeamRunOutput: the answer of a run that is not streamed, and of reading one run. */
export function runOutput(asked: AskedRun, view: View, persisted = true) {
  const { run, status, input, inputMessages, metadata } = asked;
  const { head, end } = run;
  const requirements = shownRequirements(asked);
  return {
    ...withoutNulls({
      run_id: head.runId,
      ...componentJson(run),
      session_id: head.sessionId,
      parent_run_id: head.parentRunId,
      user_id: head.userId,
      content: contentOf(asked, view),
      content_type: "str",
      reasoning_content: runReasoning(run) || null,
      error_type: end?.status === "ERROR" ? end.error.type : null,
      model: run.model.id || null,
      model_provider: run.model.provider || null,
      model_name: run.model.name,
      session_state: run.state,
      session_cache: head.runIndex === null ? null : head.sessionCache,
      history_dropped: droppedJson(run, view),
      created_at: epochSeconds(head.createdAt),
      ...originJson(head.origin),
      metrics: runMetrics(run),
      metadata: shownRunMetadata(metadata, view),
      status,
      finish_reason: end?.status === "COMPLETED" ? end.finishReason : null,
      messages: messagesJson([...inputMessages, ...run.messages], view),
      tools: toolExecutions(run),
      requirements: requirements.length > 0 ? requirements : null,
      input: input === null ? null : { input_content: input },
    }),
    ...(head.component.type === "team" && { member_responses: memberResponses(run, view) }),
    ...(!persisted && { persisted: false }),
  };
}

/** The member runs of a team run, as they stand. */
function memberResponses({ members }: Run, view: View): object[] {
  return members.map((run) => {
    const status = run.end?.status ?? "RUNNING";
    return runOutput({ run, status, input: null, inputMessages: [], metadata: null }, view);
  });
}

function componentJson({ head: { component } }: Run) {
  return component.type === "agent"
    ? { agent_id: component.id, agent_name: component.name || null }
    : { team_id: component.id, team_name: component.name || null };
}

/**
 * The part of the history that the run's model was not sent, because its provider refused it; null if the model was sent all
 * of it.
 */
function droppedJson({ historyDropped }: Run, view: View) {
  if (historyDropped === null) return null;
  const { runs, withoutProviderData, reason } = shownDropped(historyDropped, view);
  return { runs, without_provider_data: withoutProviderData, reason };
}

/** The run that a run was made from, under all of AgentOS's keys; null if one does not apply. */
function originJson(origin: RunOrigin | null) {
  const isCopied = origin?.type === "copied";
  return {
    forked_from_run_id: origin?.runId ?? null,
    forked_from_message_index: origin === null || isCopied ? null : origin.messageIndex,
    forked_from_session_id: isCopied ? origin.sessionId : null,
    // AgentOS regenerates in a fork of the run, so a regenerated run has this key too.
    regenerated_from: origin?.type === "regenerated" ? origin.runId : null,
  };
}

/** What a run says. A paused run whose model said nothing says what it waits for. */
function contentOf({ run, status }: AskedRun, view: View): string {
  if (run.end?.status === "ERROR") return shownError(run.end.error, view).message;
  const text = runText(run);
  return text === "" && status === "PAUSED" ? pausedContent(openRequirements(run)) : text;
}

/** The requirements that are shown. For a paused run the open ones; for any other run all of them, with their answers. */
function shownRequirements({ run, status }: AskedRun) {
  const isPaused = status === "PAUSED";
  const shown = isPaused ? openRequirements(run) : requirementsWithin(run);
  return shown.map((requirement) => runRequirementJson(requirement, isPaused ? "open" : "resolved"));
}

/**
 * A run in a list: AgentOS's RunSchema or TeamRunSchema, with all keys, and a team's run with its user too.
 * Its long lists are made entry by entry, as they are sent.
 */
export function runItem(asked: AskedRun, view: View) {
  const { run, status, input, inputMessages } = asked;
  const { head } = run;
  const metadata = shownRunMetadata(asked.metadata, view);
  return {
    run_id: head.runId,
    parent_run_id: head.parentRunId ?? "",
    ...(head.component.type === "agent" ? { agent_id: head.component.id } : { team_id: head.component.id }),
    user_id: head.userId ?? "",
    status,
    run_input: input,
    content: contentOf(asked, view),
    run_response_format: "text",
    reasoning_content: runReasoning(run),
    reasoning_steps: [],
    metrics: runMetrics(run),
    messages: messagesOf([...inputMessages, ...run.messages], view),
    tools: toolsOf(run),
    events: storedEvents(run, view),
    created_at: isoSeconds(head.createdAt),
    references: [],
    citations: null,
    reasoning_messages: [],
    session_state: run.state,
    images: [],
    videos: [],
    audio: [],
    files: [],
    response_audio: null,
    input_media: { images: [], videos: [], audios: [], files: [] },
    followups: null,
    ...originJson(head.origin),
    ...(metadata !== null && { metadata }),
    ...(run.model.name !== null && { model_name: run.model.name }),
    ...(run.historyDropped !== null && { history_dropped: droppedJson(run, view) }),
    last_checkpoint_at_message_index: null,
  };
}

function* messagesOf(messages: readonly Message[], view: View): LazyList {
  for (const message of messages) yield* messagesJson([message], view);
}

function* toolsOf(run: Run): LazyList {
  yield* toolExecutions(run);
}

/** All events but deltas: AgentOS stores those with a run, and lists them. */
function* storedEvents(run: Run, view: View): LazyList {
  const reader = new EventReader(run, view);
  for (let event = reader.next(run.log.length); event !== null; event = reader.next(run.log.length)) {
    if (!event.event.endsWith("RunContent")) yield event;
  }
}
