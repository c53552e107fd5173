import type { Message, Run } from "../../packages/client/src/index.ts";
import { RunFold, type RunHead } from "./fold.ts";
import type { RunView } from "./run-view.ts";
import { kindOf, type Told } from "./told.ts";

/** What a list's row says of a run before its events are read. */
export const headOf = (run: Run, sessionId: string): RunHead => ({
  runId: run.run_id,
  sessionId,
  of: componentOf(run),
  status: run.status,
  asked: run.run_input ?? "",
  createdAtMs: Date.parse(run.created_at),
  regeneratedFrom: run.regenerated_from ?? null,
});

/** Runs as a list has them, members among them. Answers those that are nobody's members, oldest first. */
export function storedRuns(rows: readonly Run[], sessionId: string): RunFold[] {
  const membersOf = (parent: string): RunFold[] =>
    rows
      .filter(({ parent_run_id: of }) => of === parent)
      .map((row) => storedRun(row, sessionId, row.team_id ? membersOf(row.run_id) : []));
  return membersOf("");
}

/** A run as it is shown: the same as of its events, as far as they are stored. It can go on from there. */
function storedRun(run: Run, sessionId: string, members: readonly RunFold[]): RunFold {
  const fold = new RunFold(headOf(run, sessionId));
  for (const member of members) fold.adopt(member);
  for (const event of withTexts(run)) fold.take(event);
  fold.settle(run);
  return fold;
}

const componentOf = ({ team_id: teamId, agent_id: agentId }: Run): RunView["of"] =>
  teamId ? { kind: "team", id: teamId, name: teamId } : { kind: "agent", id: agentId ?? "", name: agentId ?? "" };

/** Events are stored without what was said, which the messages have. */
function withTexts(run: Run): Told[] {
  const events: readonly Told[] = (run.events ?? []) as Told[];
  const messages = run.messages ?? [];
  const asks = events.filter((event, nth) => isNewAnswer(events, nth, event)).length;
  if (asks === 0 && !events.some((event) => kindOf(event) === "RunContentCompleted")) return madeUp(run, messages);
  const isLastOpen = kindOf(events.findLast((event) => kindOf(event).startsWith("ModelRequest")) ?? END) !== ANSWERED;
  const hasLast = messages.at(-1)?.role === "assistant";
  // An answer that broke off before its first word has left no message.
  const answers = asks - (isLastOpen && !hasLast ? 1 : 0);
  const isSaid = hasLast && isGivenOn(events);
  const said = messages.filter(({ role }) => role === "assistant").slice(-(answers + (isSaid ? 1 : 0)) || Infinity);
  let nth = 0;
  return events.flatMap((event, at) => {
    const kind = kindOf(event);
    if (isNewAnswer(events, at, event)) return [event, ...texts(run, said[nth++])];
    if (kind === "RunContentCompleted" && isSaid) return [...texts(run, said[nth]), event];
    return [event];
  });
}

const ANSWERED = "ModelRequestCompleted";
const END = { event: ANSWERED };

/** Whether a model is asked for another answer; not where a second model is asked for the same one. */
function isNewAnswer(events: readonly Told[], at: number, event: Told): boolean {
  if (kindOf(event) !== "ModelRequestStarted") return false;
  const before = events[at - 1];
  return before === undefined || kindOf(before) !== "ModelRequestStarted" || before.model === event.model;
}

/** Whether a team has given its member's answer as its own: the last thing before its end is a call. */
function isGivenOn(events: readonly Told[]): boolean {
  const end = events.findLastIndex((event) => kindOf(event) === "RunContentCompleted");
  const before = events.slice(0, Math.max(0, end)).findLast((event) => /^(ToolCall|ModelRequest)/.test(kindOf(event)));
  return before !== undefined && kindOf(before).startsWith("ToolCall");
}

/** What a message says, as deltas. */
function texts({ run_id }: Run, message: Message | undefined): Told[] {
  const delta = (fields: object) => ({ event: "RunContent", run_id, ...fields });
  return [
    ...(message?.reasoning_content ? [delta({ reasoning_content: message.reasoning_content })] : []),
    ...(message?.content ? [delta({ content: message.content })] : []),
  ];
}

/** The events of a run that has none, such as one that was imported. */
function madeUp(run: Run, messages: readonly Message[]): Told[] {
  const made = (event: string, fields: object = {}) =>
    ({ event, run_id: run.run_id, agent_id: run.agent_id, ...fields }) as unknown as Told;
  const own = messages.slice(messages.findLastIndex(({ role }) => role === "user") + 1);
  const events = own.flatMap((message) => {
    if (message.role !== "assistant") return [];
    const calls = (message.tool_calls ?? []) as { id?: string; function?: { name?: string } }[];
    return [
      made("ModelRequestStarted"),
      ...texts(run, message),
      made(ANSWERED),
      ...calls.map(({ id, function: called }) =>
        made("ToolCallStarted", { tool: { tool_call_id: id, tool_name: called?.name ?? "", tool_args: null } }),
      ),
    ];
  });
  const isSilent = !own.some(({ role, content }) => role === "assistant" && content);
  const end = ENDS[run.status];
  return [
    ...((run.events ?? []) as Told[]).filter((event) => !/^Run(Completed|Error|Cancelled)$/.test(kindOf(event))),
    ...events,
    ...(isSilent && run.content && run.status === "COMPLETED" ? [made("RunContent", { content: run.content })] : []),
    ...(end === undefined ? [] : [made(end, { content: run.content })]),
  ];
}

const ENDS: Partial<Record<Run["status"], string>> = {
  COMPLETED: "RunCompleted",
  REGENERATED: "RunCompleted",
  CANCELLED: "RunCancelled",
  ERROR: "RunError",
};
