import { type Api, type Message, Messages, type RunEvent } from "./api.ts";
import { type Narrator, StoryError } from "./narrator.ts";

/** Whose sessions the story is about. */
export const USER = "ada";

/** A run that the story asks for. */
interface RunRequest {
  path: string;
  body: object;
  /** The event that its stream has to end with. */
  endsWith: string;
}

/** What a stream told. */
export interface StreamedRun {
  runId: string;
  events: RunEvent[];
  /** The text of the run itself, piece by piece. What its members say is not in it. */
  deltas: string[];
  end: RunEvent;
}

/** Makes a run and tells of its stream as it comes. Throws unless the stream ends as the request says. */
export async function streamed(
  api: Api,
  narrator: Narrator,
  { path, body, endsWith }: RunRequest,
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

interface Asked {
  message: string;
  sessionId: string;
  agent?: string;
}

/** Runs an agent, which has to complete, and tells of its stream as it comes. */
export async function run(api: Api, narrator: Narrator, { message, sessionId, agent = "assistant" }: Asked) {
  const { events, deltas, end } = await streamed(api, narrator, {
    path: `/agents/${agent}/runs`,
    body: { message, session_id: sessionId },
    endsWith: "RunCompleted",
  });
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
