import { evictDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { call, names, newId, openRun, run, type SentEvent } from "../../support/http.ts";
import {
  answer,
  confirmed,
  filled,
  inbox,
  openAnswer,
  type PausedRun,
  pausedRun,
  pauseOf,
  rejected,
  requirements,
  result,
  stored,
  tools,
} from "../../support/paused-runs.ts";
import { type Step, scriptModel, text, toolCall } from "../../support/scripted-model.ts";
import {
  alarmOf,
  detailOf,
  journalOf,
  objectOf,
  ring,
  runCalls,
  runsOf,
  shown,
  storyOf,
} from "../../support/session-story.ts";

const model = scriptModel();
const agent = "operator";

/** The keys of a call that say what it waits for and what was answered. Those that do not apply are null. */
const WAITING_KEYS = [
  "requires_confirmation",
  "confirmed",
  "confirmation_note",
  "requires_user_input",
  "user_input_schema",
  "user_feedback_schema",
  "answered",
  "external_execution_required",
  "external_execution_silent",
  "approval_type",
  "approval_id",
];
const ALL_KEYS = [
  "tool_call_id",
  "tool_name",
  "tool_args",
  "tool_call_error",
  "result",
  "metrics",
  "child_run_id",
  "stop_after_tool_call",
  "created_at",
  ...WAITING_KEYS,
];
type Keys = Record<string, unknown>;
const waitingKeys = (tool: Keys) =>
  Object.fromEntries(WAITING_KEYS.flatMap((key) => (tool[key] === null ? [] : [[key, tool[key]]])));

const schema = (to: string | null, subject: string | null) => [
  { name: "to", field_type: "str", description: "The address to send to.", value: to },
  { name: "subject", field_type: "str", description: "The subject of the email.", value: subject },
];

interface Kind {
  call: Step;
  content: string;
  asked: Keys;
  said: object;
  /** The events that follow the answer, and the result that the model is told. */
  events: string[];
  result: string;
  isError: boolean;
  args: Keys;
  /** The keys of the call, of the run's requirement and of the inbox's, once it is answered. */
  after: Keys;
  kept: Keys;
  inbox: Keys;
}

const RAN = ["ToolCallStarted", "ToolCallCompleted"];
const deletion = {
  call: toolCall("delete_record", { id: "7" }),
  content: "I have tools to execute, but I need confirmation.",
  asked: { requires_confirmation: true },
  args: { id: "7" },
};
const rejection = { ...deletion, events: ["ToolCallCompleted", "ToolCallError"], isError: true };

const kinds: Record<string, Kind> = {
  "a confirmed call": {
    ...deletion,
    said: confirmed,
    events: RAN,
    result: "Confirmed: record 7 would be deleted now. This is a demonstration, nothing was deleted.",
    isError: false,
    after: { requires_confirmation: false, confirmed: true },
    kept: { confirmation: true },
    inbox: { kind: "confirmation", answer: "confirmed", answer_note: null },
  },
  "a rejected call": {
    ...rejection,
    said: rejected(),
    result: "Function call was rejected by the user",
    after: { requires_confirmation: false, confirmed: false },
    kept: { confirmation: false },
    inbox: { kind: "confirmation", answer: "rejected", answer_note: null },
  },
  "a call that is rejected with a note": {
    ...rejection,
    said: rejected("Not on a Friday."),
    result: "Function call was rejected by the user: Not on a Friday.",
    after: { requires_confirmation: false, confirmed: false, confirmation_note: "Not on a Friday." },
    kept: { confirmation: false, confirmation_note: "Not on a Friday." },
    inbox: { kind: "confirmation", answer: "rejected", answer_note: "Not on a Friday." },
  },
  "a call whose fields a person fills": {
    call: toolCall("send_email", { subject: "Hi" }),
    content: "I have tools to execute, but I need user input.",
    asked: { requires_user_input: true, user_input_schema: schema(null, "Hi") },
    said: filled({ to: "ada@example.com", subject: "Hi" }),
    events: RAN,
    result: 'The email "Hi" would go to ada@example.com now. This is a demonstration, nothing was sent.',
    isError: false,
    args: { to: "ada@example.com", subject: "Hi" },
    after: { requires_user_input: false, user_input_schema: schema("ada@example.com", "Hi"), answered: true },
    kept: { user_input_schema: schema("ada@example.com", "Hi") },
    inbox: { kind: "user_input", answer: "filled", answer_note: null },
  },
  "a call that is executed elsewhere": {
    call: toolCall("run_shell", { command: "ls" }),
    content: "I have tools to execute, but it needs external execution.",
    asked: { external_execution_required: true },
    said: result("a.txt\nb.txt"),
    events: ["ToolCallCompleted"],
    result: "a.txt\nb.txt",
    isError: false,
    args: { command: "ls" },
    after: { external_execution_required: false },
    kept: { external_execution_result: "a.txt\nb.txt" },
    inbox: { kind: "external_execution", answer: "executed", answer_note: null },
  },
};

const PAUSING = [
  "RunStarted",
  "ModelRequestStarted",
  "RunContent",
  "ModelRequestCompleted",
  "RunContentCompleted",
  "RunPaused",
];
const ANSWERING = ["ModelRequestStarted", "RunContent", "ModelRequestCompleted", "RunContentCompleted", "RunCompleted"];

const cases = Object.entries(kinds).flatMap(([name, kind]) =>
  [true, false].flatMap((stream) =>
    [true, false].flatMap((form) =>
      ([tools, requirements] as const).map((field) => ({
        title: `${name}, ${stream ? "streamed" : "not streamed"}, with ${field.name} as ${form ? "a form" : "JSON"}`,
        kind,
        stream,
        form,
        field,
      })),
    ),
  ),
);

describe("a run that waits for a person", () => {
  it.each(cases)("survives its object and goes on under its id with $title", async ({ kind, stream, form, field }) => {
    const session_id = newId();
    await run("hi", { session_id, agent });

    model.next([text("Let me see. "), kind.call]);
    const { paused, events: before } = await pauses("go", session_id, stream);
    const { run_id } = paused;
    await expectPaused(paused, kind);

    // The object keeps nothing of a paused run, neither in memory nor on disk, and another run may come in between.
    expect(await journalOf(session_id)).toEqual([]);
    await evictDurableObject(objectOf(session_id));
    expect((await run("meanwhile", { session_id, agent })).body.content).toBe("echo: meanwhile");
    expect(await storyOf(session_id)).toEqual([
      "hi → COMPLETED: echo: hi",
      "go → PAUSED: Let me see. ",
      "meanwhile → COMPLETED: echo: meanwhile",
    ]);
    await evictDurableObject(objectOf(session_id));

    model.next([text("Done.")]);
    const fields = { ...field(paused, kind.said), answered_by: "ada" };
    if (stream) {
      const continued = await openAnswer(paused, fields, { form });
      expect(continued.runId).toBe(run_id);
      expect(continued.response.headers.get("X-Session-Id")).toBe(session_id);
      const events = await continued.rest();
      expect(names(events)).toEqual(["RunContinued", ...kind.events, ...ANSWERING]);
      const indexes = [...(before ?? []), ...events].map(({ id, data }) => [id, data.event_index, data.run_id]);
      expect(indexes).toEqual(indexes.map((_, nth) => [nth, nth, run_id]));
      expect(events.at(-1)?.data).toMatchObject({ content: "Let me see. Done.", finish_reason: "stop" });
      expectCall(events.find(({ event }) => event === "ToolCallCompleted")?.data.tool, kind);
    } else {
      const { status, headers, body } = await answer(paused, fields, { form });
      expect([status, headers.get("X-Run-Id"), headers.get("X-Session-Id")]).toEqual([200, run_id, session_id]);
      expect(body).toEqual(await stored(paused));
    }
    await expectCompleted(paused, kind);

    // The model is shown what stood before the run, the run's own call and the answer. The model of a later run is
    // shown all runs in their order.
    const own = ["user: hi", "assistant: echo: hi", "user: go", "assistant: Let me see. ", `tool: ${kind.result}`];
    expect(shown(runCalls(model).at(-1))).toEqual(own);
    await run("later", { session_id, agent });
    const meanwhile = ["user: meanwhile", "assistant: echo: meanwhile"];
    expect(shown(runCalls(model).at(-1))).toEqual([...own, "assistant: Done.", ...meanwhile, "user: later"]);
    expect(await detailOf(session_id)).toMatchObject({ chat_history_total: 9, total_tokens: 75 });
    expect(await journalOf(session_id)).toEqual([]);
  });

  it("has nothing to wake its object for", async () => {
    const session_id = newId();
    model.next([toolCall("delete_record", { id: "7" })]);
    await pausedRun("go", { session_id, agent });
    await ring(session_id);
    expect(await alarmOf(session_id)).toBeNull();
  });

  it("is told of with content only when its reader wants no other events", async () => {
    const session_id = newId();
    model.next([text("Let me see. "), toolCall("delete_record", { id: "7" })]);
    const events = await (await openRun("go", { session_id, agent, stream_events: false })).rest();
    expect(names(events)).toEqual(["RunContent", "RunPaused"]);
    const paused = pauseOf(agent, events[1]?.data);
    model.next([text("Done.")]);
    const continued = await openAnswer(paused, { ...tools(paused, confirmed), stream_events: false });
    const after = await continued.rest();
    expect(names(after)).toEqual(["RunContent", "RunCompleted"]);
    expect(after.map(({ id }) => id)).toEqual([10, 13]);
  });
});

async function pauses(message: string, session_id: string, stream: boolean) {
  if (!stream) return { paused: await pausedRun(message, { session_id, agent }), events: null };
  const opened = await openRun(message, { session_id, agent });
  const events: SentEvent[] = await opened.rest();
  expect(names(events)).toEqual(PAUSING);
  const { data } = events.at(-1) as SentEvent;
  expect(data.tools).toEqual(data.requirements.map(({ tool_execution }: Keys) => tool_execution));
  return { paused: pauseOf(agent, data), events };
}

/** Expects that the run waits for the one call and shows all keys of it, in whichever way it is read. */
async function expectPaused(paused: PausedRun, kind: Kind): Promise<void> {
  const { session_id, run_id } = paused;
  const [requirement] = paused.requirements;
  expect(paused.requirements).toHaveLength(1);
  const tool = requirement.tool_execution;
  expect(Object.keys(tool)).toEqual(ALL_KEYS);
  expect(waitingKeys(tool)).toEqual(kind.asked);
  expect([tool.result, tool.tool_call_error, tool.metrics]).toEqual([null, null, null]);

  const whole = await stored(paused);
  expect(whole).toMatchObject({ run_id, status: "PAUSED", content: "Let me see. ", requirements: [requirement] });
  expect(whole.tools).toEqual([tool]);
  expect(whole.messages.map(({ role }: Keys) => role)).toEqual(["system", "user", "assistant"]);
  const { body: waiting } = await call("GET", `/agents/${agent}/runs?session_id=${session_id}&status=PAUSED`);
  expect(waiting).toHaveLength(1);
  expect(waiting[0]).toMatchObject({ run_id, status: "PAUSED", tools: [tool] });
  expect(waiting[0].events.at(-1)).toMatchObject({
    event: "RunPaused",
    content: kind.content,
    tools: [tool],
    requirements: [requirement],
  });
  const open = (await inbox({ agent_id: agent })).filter((one) => one.session_id === session_id);
  expect(open).toMatchObject([{ id: requirement.id, status: "open", run_id, run_agent_id: agent, answer: null }]);
}

function expectCall(tool: Keys, kind: Kind): void {
  expect(Object.keys(tool)).toEqual(ALL_KEYS);
  expect(waitingKeys(tool)).toEqual(kind.after);
  expect(tool).toMatchObject({ result: kind.result, tool_call_error: kind.isError, tool_args: kind.args });
  expect(tool.metrics === null).toBe(!kind.events.includes("ToolCallStarted"));
}

/** Expects that the run has gone on behind what it did before and says who answered, in whichever way it is read. */
async function expectCompleted(paused: PausedRun, kind: Kind): Promise<void> {
  const { session_id, run_id } = paused;
  const [requirement] = paused.requirements;
  const whole = await stored(paused);
  expect(whole).toMatchObject({ run_id, status: "COMPLETED", content: "Let me see. Done.", finish_reason: "stop" });
  expect(whole.metrics).toMatchObject({ total_tokens: 30 });
  expect(whole.tools).toHaveLength(1);
  expectCall(whole.tools[0], kind);
  const messages = whole.messages.map(({ role, content }: Keys) => `${role}: ${content}`).slice(1);
  expect(messages).toEqual(["user: go", "assistant: Let me see. ", `tool: ${kind.result}`, "assistant: Done."]);
  const { tool_execution, ...kept } = whole.requirements[0];
  expect(kept).toEqual({
    id: requirement.id,
    created_at: requirement.created_at,
    ...kind.kept,
    answered_by: "ada",
    actor: "development",
    answered_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
  });
  expect(waitingKeys(tool_execution)).toEqual(kind.after);

  const listed = (await runsOf(session_id)).find((one) => one.run_id === run_id);
  const told = [...PAUSING, "RunContinued", ...kind.events, ...ANSWERING];
  expect(listed.events.map(({ event }: Keys) => event)).toEqual(told.filter((event) => event !== "RunContent"));
  const answered = (await inbox({ agent_id: agent, status: "answered", limit: "100" })).find(
    (one) => one.id === requirement.id,
  );
  expect(answered).toMatchObject({ ...kind.inbox, status: "answered", answered_by: "ada" });
}
