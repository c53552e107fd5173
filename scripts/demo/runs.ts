import { type Api, type Message, Messages, type RunEvent } from "./api.ts";
import { type Narrator, StoryError } from "./narrator.ts";

/** Whose sessions the story is about. */
export const USER = "ada";

/** What a stream told, from its first event to its last. */
export interface StreamedRun {
  runId: string;
  events: RunEvent[];
  /** The text of the run itself, piece by piece; what members say is not among it. */
  deltas: string[];
  end: RunEvent;
}

/** Reads a stream of run events, told as it goes; throws unless it ends with this event. */
export async function streamed(
  api: Api,
  narrator: Narrator,
  path: string,
  body: object,
  endsWith: string,
): Promise<StreamedRun> {
  const events: RunEvent[] = [];
  const deltas: string[] = [];
  for await (const event of api.stream(path, { ...body, user_id: USER })) {
    events.push(event);
    if (event.tool !== undefined) narrator.came(toolLine(event.event, event.tool));
    if (!event.event.endsWith("RunContent") || typeof event.content !== "string") continue;
    if (event.run_id === events[0]?.run_id) deltas.push(event.content);
    narrator.delta(event.content);
  }
  const end = events.at(-1);
  if (end?.event !== endsWith) {
    throw new StoryError(`The run ended with ${end?.event ?? "nothing"}: ${JSON.stringify(end?.content)}`);
  }
  return { runId: end.run_id, events, deltas, end };
}

/** A streamed run of an agent that completes. */
export async function run(api: Api, narrator: Narrator, message: string, sessionId: string, agent = "assistant") {
  const body = { message, session_id: sessionId };
  const { events, deltas, end } = await streamed(api, narrator, `/agents/${agent}/runs`, body, "RunCompleted");
  return { events, deltas, text: textOf(end), cache: events[0]?.session_cache };
}

/** The session's messages as its history shows them. */
export async function history(api: Api, narrator: Narrator, sessionId: string): Promise<Message[]> {
  const { data } = await api.call("GET", `/sessions/${sessionId}/messages?skip_roles=system`, Messages);
  narrator.came(...data.map(({ role, content }) => `${role}: ${content}`));
  return data;
}

/** The whole text that the end of a run carries. */
export function textOf({ event, content }: RunEvent): string {
  if (typeof content !== "string") throw new StoryError(`${event} has no text.`);
  return content;
}

function toolLine(event: string, { tool_name, tool_args, result }: NonNullable<RunEvent["tool"]>): string {
  return `${event} ${tool_name} ${JSON.stringify(tool_args)}${result === null ? "" : ` = ${result}`}`;
}
