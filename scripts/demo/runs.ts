import type { AgentEvent, RunEnd, RunStream, ToolExecution } from "../../packages/client/src/index.ts";
import { type Api, type Message, Messages } from "./api.ts";
import { type Narrator, StoryError } from "./narrator.ts";

/** Whose sessions the story is about. */
export const USER = "ada";

/** What a stream told. */
export interface StreamedRun {
  events: AgentEvent[];
  /** The text of the run itself, piece by piece. What its members say is not in it. */
  deltas: string[];
  end: RunEnd;
}

/** Reads a run and tells of its stream as it comes. Throws unless the run then stands as it should. */
export async function streamed(narrator: Narrator, run: RunStream, status: RunEnd["status"]): Promise<StreamedRun> {
  const events: AgentEvent[] = [];
  const deltas: string[] = [];
  const runId = await run.runId;
  for await (const event of run) {
    events.push(event);
    const tool = toolOf(event);
    if (tool !== undefined) narrator.came(toolLine(event.event, tool));
    if (event.event !== "RunContent" && event.event !== "TeamRunContent") continue;
    if (event.run_id === runId) deltas.push(event.content);
    narrator.delta(event.content);
  }
  const end = await run.result();
  if (end.status !== status) throw new StoryError(`The run is ${end.status}: ${end.content}`);
  return { events, deltas, end };
}

interface Asked {
  message: string;
  sessionId: string;
  agent?: string;
}

/** Runs an agent, which has to complete, and tells of its stream as it comes. */
export async function run(api: Api, narrator: Narrator, { message, sessionId, agent = "assistant" }: Asked) {
  const asked = api.client.agent(agent).run({ message, sessionId, userId: USER });
  const { events, deltas, end } = await streamed(narrator, asked, "COMPLETED");
  const [first] = events;
  return { events, deltas, text: end.content, cache: first?.event === "RunStarted" ? first.session_cache : undefined };
}

/** The session's messages as its history shows them. */
export async function history(api: Api, narrator: Narrator, sessionId: string): Promise<Message[]> {
  const { data } = await api.call("GET", `/sessions/${sessionId}/messages?skip_roles=system`, Messages);
  narrator.came(...data.map(({ role, content }) => `${role}: ${content}`));
  return data;
}

/** The call that an event is about. */
export const toolOf = (event: AgentEvent): ToolExecution | undefined =>
  "tool" in event ? (event.tool as ToolExecution | undefined) : undefined;

function toolLine(event: string, { tool_name, tool_args, result }: ToolExecution): string {
  return `${event} ${tool_name} ${JSON.stringify(tool_args)}${result === null ? "" : ` = ${result}`}`;
}
