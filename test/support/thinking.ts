/** Runs of agents whose model thinks, and everything that callers, and D1, have of them. */
import { env } from "cloudflare:workers";
import { z } from "zod";
import type { Agent } from "../../src/domain/agent.ts";
import { defineTool } from "../../src/domain/tool.ts";
import { testAgent } from "./agents.ts";
import { call, send } from "./http.ts";
import { detailOf, runsOf } from "./session-story.ts";

// biome-ignore lint/suspicious/noExplicitAny: an answer's JSON, looked into by tests
type Json = any;

export const THOUGHT = "Zweifel";
const ask = defineTool({
  name: "ask",
  description: "Asks.",
  parameters: z.object({}),
  requiresConfirmation: true,
  execute: () => "asked",
});
const add = defineTool({ name: "add", description: "Adds.", parameters: z.object({}), execute: () => "3" });
export const thinker = (fields: Partial<Agent> = {}) =>
  testAgent({ naming: { after: 0 }, tools: [add, ask], ...fields });

/** The events of a stream as they came, without the control events of a resume. */
const eventsIn = (stream: string): string[] => stream.split("\n\n").filter((block) => block.startsWith("id: "));
export const streamed = async (path: string, body: object): Promise<{ runId: string; events: string[] }> => {
  const response = await send("POST", path, { stream: true, ...body });
  return { runId: response.headers.get("X-Run-Id") ?? "", events: eventsIn(await response.text()) };
};
export const dataOf = (event: string): Json => JSON.parse(event.slice(event.indexOf("data: ") + 6));

interface Place {
  agent: string;
  session_id: string;
}
const runsPath = ({ agent }: Pick<Place, "agent">) => `/agents/${agent}/runs`;
export const start = ({ agent, session_id }: Place, message = "think") =>
  streamed(runsPath({ agent }), { session_id, message });
export const resume = async ({ agent, session_id }: Place, runId: string, at = "agents"): Promise<string[]> =>
  (await streamed(`/${at}/${agent}/runs/${runId}/resume`, { session_id })).events;
export const read = async ({ agent, session_id }: Place, runId: string): Promise<Json> =>
  (await call("GET", `${runsPath({ agent })}/${runId}?session_id=${session_id}`)).body;
export const messagesOf = async (session_id: string): Promise<Json[]> =>
  (await call("GET", `/sessions/${session_id}/messages`)).body.data;
/** What D1 keeps of the session's answers. */
export const kept = async (session_id: string): Promise<Json[]> => {
  const sql =
    "select content, reasoning_content, provider_source, provider_data from messages where session_id = ? and role = 'assistant' order by run_index, message_index";
  return (await env.DB.prepare(sql).bind(session_id).all()).results;
};
/** Everything of the session that callers can see. */
export const shownOf = async (place: Place, runId: string): Promise<string> =>
  JSON.stringify([
    await resume(place, runId),
    await read(place, runId),
    await runsOf(place.session_id),
    await messagesOf(place.session_id),
    await detailOf(place.session_id),
    (await call("GET", `/sessions/${place.session_id}/chat-history`)).body,
  ]);
