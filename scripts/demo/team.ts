import { type Api, Runs } from "./api.ts";
import type { Narrator } from "./narrator.ts";
import { streamed, USER } from "./runs.ts";

const SESSION = "desk";

/** A team's leader passes a request on to a member and answers with what came back. */
export async function delegate(api: Api, narrator: Narrator): Promise<void> {
  narrator.chapter("A team delegates");
  const run = api.client.team("support").run({
    message: "My invoice of May is missing.",
    sessionId: SESSION,
    userId: USER,
  });
  const { events, end } = await streamed(narrator, run, "COMPLETED");
  const { runId } = end;
  const ofMember = events.filter(({ parent_run_id }) => parent_run_id === runId);
  narrator.check(
    "a member ran inside the team's stream",
    ofMember[0]?.event === "RunStarted" && ofMember.at(-1)?.event === "RunCompleted",
  );
  narrator.check(
    "with all events in one numbering",
    events.every((event, index) => event.event_index === index),
  );
  const last = ofMember.at(-1);
  const said = last?.event === "RunCompleted" ? last.content : null;
  narrator.check("the leader answers with what it said", said !== null && end.content.includes(said));
  const runs = await api.call("GET", `/sessions/${SESSION}/runs`, Runs);
  narrator.came(...runs.map(({ run_id, status, parent_run_id }) => `${run_id}: ${status}${ofParent(parent_run_id)}`));
  const members = runs.filter(({ parent_run_id }) => parent_run_id === runId);
  narrator.check("the member's run is stored, with its parent's id", members.length === 1);
}

/** AgentOS answers "" for a run that has no parent. */
const ofParent = (runId: string | null | undefined) => (runId ? `, in ${runId}` : "");
