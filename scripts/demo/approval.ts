import { AlreadyAnswered, type RunEnd } from "../../packages/client/src/index.ts";
import { type Api, Requirements, Run, refusalOf } from "./api.ts";
import { type Narrator, StoryError } from "./narrator.ts";
import { history, streamed, toolOf, USER } from "./runs.ts";

const SESSION = "records";
const APPROVER = "grace";
const NOTE = "Asked Ada, it is the right one.";

/** A run that waits for a person. */
export interface Waiting {
  runId: string;
}

/** A run pauses at a call that a person must confirm, and stands in the inbox. */
export async function pauseForApproval(api: Api, narrator: Narrator): Promise<Waiting> {
  narrator.chapter("A tool that a person must confirm: the run pauses");
  const message = '/tool delete_record {"id": "42"}';
  const run = api.client.agent("operator").run({ message, sessionId: SESSION, userId: USER });
  const { events, end } = await streamed(narrator, run, "PAUSED");
  narrator.came(`RunPaused: ${end.content}`);
  const [asked, ...others] = end.requirements;
  if (asked === undefined) throw new StoryError("The pause names no call.");
  const isAsked = others.length === 0 && asked.tool_execution.tool_name === "delete_record";
  narrator.check("it waits for a confirmation of delete_record", isAsked && asked.kind === "confirmation");
  const wasCalled = events.some(({ event }) => event.startsWith("ToolCall"));
  narrator.check("which has not run", !wasCalled && asked.tool_execution.result === null);
  return { runId: end.runId };
}

/** A person finds the run in the inbox and approves, and the run goes on. A second answer is refused. */
export async function approve(api: Api, narrator: Narrator, waiting: Waiting): Promise<void> {
  const { runId } = waiting;
  narrator.chapter("The inbox of who approves: what waits for people, in all sessions");
  const open = await inbox(api, narrator, "open");
  narrator.check("the run waits there, across the restart", open.length === 1 && open[0]?.run_id === runId);

  narrator.chapter("A person approves, and the run goes on");
  const end = await api.client.attach({ agentId: "operator", runId, sessionId: SESSION }, { userId: USER }).result();
  const continued = await streamed(narrator, approval(end).send(), "COMPLETED");
  const [first] = continued.events;
  narrator.check("under the same id", continued.end.runId === runId && first?.event === "RunContinued");
  const done = continued.events.find(({ event }) => event === "ToolCallCompleted");
  const result = done === undefined ? null : toolOf(done)?.result;
  narrator.check("the tool ran, with the id that was asked about", result?.includes("record 42") === true);
  narrator.check("and the agent tells its result", continued.end.content.includes("record 42"));
  const stored = await api.call("GET", `/agents/operator/runs/${runId}?session_id=${SESSION}`, Run);
  narrator.check("the run is stored as COMPLETED", stored.status === "COMPLETED");

  narrator.chapter("Approving again is refused, and it is known who approved");
  const refusal = await refusalOf(approval(end).send().result(), 409);
  narrator.came(`409: ${refusal.detail}`);
  const by = refusal instanceof AlreadyAnswered ? refusal.requirements[0]?.answered_by : null;
  narrator.check("the refusal says who was faster", by === APPROVER);
  const said = await history(api, narrator, SESSION);
  narrator.check("the tool has run once", said.filter(({ role }) => role === "tool").length === 1);
  narrator.check("nothing waits any more", (await inbox(api, narrator, "open")).length === 0);
  const [answered] = await inbox(api, narrator, "answered");
  narrator.check(`${APPROVER} confirmed`, answered?.answer === "confirmed" && answered.answered_by === APPROVER);
  narrator.check("with a note", answered?.answer_note === NOTE);
}

/** The approver's answer to what a run waits for. */
function approval(end: RunEnd) {
  const answers = end.answer({ by: APPROVER });
  for (const asked of end.requirements) {
    if (asked.kind === "confirmation") answers.approve(asked, NOTE);
  }
  return answers;
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
