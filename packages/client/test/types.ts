// What must compile, and what must not. The compiler is the test: `npm run typecheck` has both generations read this.
import { type AgentEvent, EdgeSessions, type RunEnd, type UnknownEvent } from "../src/index.ts";

export function eventsAreToldApartByTheirName(event: AgentEvent): string {
  // @ts-expect-error: only a pause has requirements
  event.requirements;
  if (event.event === "RunPaused") return event.requirements[0]?.id ?? "";
  if (event.event === "RunContent" || event.event === "TeamRunContent") return event.content;
  // @ts-expect-error: there is no such event
  if (event.event === "RunPausd") return "";
  return event.run_id;
}

export function whatNoNameFitsIsUnknown(event: AgentEvent): unknown {
  switch (event.event) {
    case "ToolCallStarted":
      return event.tool?.tool_name;
    case "RunCompleted":
      return event.metrics?.total_tokens;
    default:
      return event.event_index;
  }
}

export const unknownEventsHaveAnyField = (event: UnknownEvent): unknown => event.anything;

export async function answersFitTheKind(end: RunEnd): Promise<RunEnd> {
  const answers = end.answer({ by: "grace" });
  for (const asked of end.requirements) {
    // @ts-expect-error: it is not known yet that this is a confirmation
    answers.approve(asked);
    if (asked.kind === "confirmation") answers.approve(asked, "fine");
    if (asked.kind === "user_input") answers.fill(asked, { to: "ada@example.com" });
    if (asked.kind === "external_execution") answers.give(asked, asked.tool_execution.tool_args);
    // @ts-expect-error: a confirmation has no result
    if (asked.kind === "confirmation") answers.give(asked, "done");
  }
  return answers.send().result();
}

export async function sessionsAreTyped(): Promise<void> {
  const es = new EdgeSessions({ baseUrl: "https://sessions.example.com", token: async () => "t" });
  for await (const session of es.sessions.list({ archived: "all", q: "rome" })) session.session_name.at(0);
  const { data, etag } = await es.sessions.get("trip");
  await es.sessions.patch("trip", { session_state: { nights: 4 }, tags: null }, { ifMatch: etag });
  await es.sessions.rename("trip", { generate: true, fallback: data.session_name });
  // @ts-expect-error: by hand or by model
  await es.sessions.rename("trip", {});
  es.attach({ agentId: "assistant", runId: "r", sessionId: "trip" }, { after: 41 });
  // @ts-expect-error: of an agent or of a team
  es.attach({ runId: "r", sessionId: "trip" });
}
