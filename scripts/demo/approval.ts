import { type Api, Requirements, Run } from "./api.ts";
import { type Narrator, StoryError } from "./narrator.ts";
import { history, streamed, textOf, USER } from "./runs.ts";

const SESSION = "records";
const APPROVER = "grace";
const NOTE = "Asked Ada, it is the right one.";

/** A run that waits for a person to confirm this call. */
export interface Waiting {
  runId: string;
  toolCallId: string;
  path: string;
}

/** A run pauses at a call that a person must confirm, and stands in the inbox. */
export async function pauseForApproval(api: Api, narrator: Narrator): Promise<Waiting> {
  narrator.chapter("A tool that a person must confirm: the run pauses");
  const body = { message: '/tool delete_record {"id": "42"}', session_id: SESSION };
  const request = { path: "/agents/operator/runs", body, endsWith: "RunPaused" };
  const { runId, events, end } = await streamed(api, narrator, request);
  narrator.came(`RunPaused: ${textOf(end)}`);
  const [tool, ...others] = end.tools ?? [];
  if (tool === undefined) throw new StoryError("The pause names no tool.");
  const isAsked = others.length === 0 && tool.tool_name === "delete_record" && tool.requires_confirmation === true;
  narrator.check("it waits for a confirmation of delete_record", isAsked);
  const wasCalled = events.some(({ event }) => event.startsWith("ToolCall"));
  narrator.check("which has not run", !wasCalled && tool.result === null);
  return { runId, toolCallId: tool.tool_call_id, path: `/agents/operator/runs/${runId}` };
}

/** A person finds the run in the inbox and approves, and the run goes on. A second answer is refused. */
export async function approve(api: Api, narrator: Narrator, waiting: Waiting): Promise<void> {
  const { runId, toolCallId, path } = waiting;
  narrator.chapter("The inbox of who approves: what waits for people, in all sessions");
  const open = await inbox(api, narrator, "open");
  narrator.check("the run waits there, across the restart", open.length === 1 && open[0]?.run_id === runId);

  narrator.chapter("A person approves, and the run goes on");
  const tools = [{ tool_call_id: toolCallId, confirmed: true, confirmation_note: NOTE }];
  const body = { tools, session_id: SESSION, answered_by: APPROVER, user_id: USER };
  const continued = await streamed(api, narrator, { path: `${path}/continue`, body, endsWith: "RunCompleted" });
  narrator.check("under the same id", continued.runId === runId && continued.events[0]?.event === "RunContinued");
  const done = continued.events.find(({ event }) => event === "ToolCallCompleted");
  narrator.check("the tool ran, with the id that was asked about", done?.tool?.result?.includes("record 42") === true);
  narrator.check("and the agent tells its result", textOf(continued.end).includes("record 42"));
  const stored = await api.call("GET", `${path}?session_id=${SESSION}`, Run);
  narrator.check("the run is stored as COMPLETED", stored.status === "COMPLETED");

  narrator.chapter("Approving again is refused, and it is known who approved");
  narrator.came(`409: ${await api.refused("POST", `${path}/continue`, 409, body)}`);
  const said = await history(api, narrator, SESSION);
  narrator.check("the tool has run once", said.filter(({ role }) => role === "tool").length === 1);
  narrator.check("nothing waits any more", (await inbox(api, narrator, "open")).length === 0);
  const [answered] = await inbox(api, narrator, "answered");
  narrator.check(`${APPROVER} confirmed`, answered?.answer === "confirmed" && answered.answered_by === APPROVER);
  narrator.check("with a note", answered?.answer_note === NOTE);
}

async function inbox(api: Api, narrator: Narrator, status: string) {
  const { data } = await api.call("GET", `/requirements?status=${status}`, Requirements);
  narrator.came(
    ...data.map(({ kind, component_name, tool_execution: { tool_name, tool_args }, answered_by }) => {
      const by = answered_by === null ? "" : `, answered by ${answered_by}`;
      return `${kind}: ${component_name} wants ${tool_name} ${JSON.stringify(tool_args)}${by}`;
    }),
    ...(data.length === 0 ? ["nothing"] : []),
  );
  return data;
}
