import { describe, expect, it } from "vitest";
import { bearer, tokenFor } from "../support/credentials.ts";
import { newId, send } from "../support/http.ts";
import { type Responder, scriptModel, toolCall } from "../support/scripted-model.ts";

// What Agno's Python clients of 2.9.0 and 3.1.10 send with a JWT in `headers`, as a proxy between them and this server saw it:
// paths, queries, forms and headers; and what they read of the answers (case 111).

const model = scriptModel();
const asksOnce: Responder = ({ messages }) => {
  const last = messages.at(-1);
  return last?.role === "user" && last.content === "Delete it" ? [toolCall("delete_record", { id: "7" })] : "Hello.";
};

// biome-ignore lint/suspicious/noExplicitAny: an answer's JSON
type Json = any;

/** Both are httpx. */
const HTTPX = { Accept: "*/*", "Accept-Encoding": "gzip, deflate", "User-Agent": "python-httpx/0.28.1" };

/** The keys of `ToolExecution.to_dict()`, in order; each is sent, as null where it has no value. */
const TOOL_KEYS = [
  "tool_call_id",
  "tool_name",
  "tool_args",
  "tool_call_error",
  "result",
  "metrics",
  "child_run_id",
  "stop_after_tool_call",
  "created_at",
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
const VERSIONS = [
  { version: "2.9.0", toolKeys: TOOL_KEYS },
  { version: "3.1.10", toolKeys: [...TOOL_KEYS, "parent_tool_call_id"] },
];

/** `AgentOSClient`, as far as a user of it comes with a token. */
function agentOsClient(headers: Record<string, string>, toolKeys: readonly string[]) {
  const ask = async (method: string, path: string, form?: Record<string, string>) => {
    const body = form && new URLSearchParams(form).toString();
    const ofBody = form && { "Content-Type": "application/x-www-form-urlencoded" };
    return send(method, path, body, { ...HTTPX, ...headers, ...ofBody });
  };
  /** `raise_for_status`, and None for an empty body. */
  const json = async (...request: Parameters<typeof ask>): Promise<Json> => {
    const response = await ask(...request);
    const text = await response.text();
    if (!response.ok) throw new Error(`${response.status} ${JSON.parse(text).detail}`);
    return text === "" ? null : JSON.parse(text);
  };
  /** The client looks at lines that begin with `data: ` only, and takes the event's name from the JSON. */
  const events = async (path: string, form: Record<string, string>): Promise<Json[]> => {
    const text = await (await ask("POST", path, form)).text();
    const lines = text.split("\n").filter((line) => line.startsWith("data: "));
    return lines.map((line) => JSON.parse(line.slice("data: ".length)));
  };
  const answered = (tools: Json[]) =>
    JSON.stringify(
      tools.map((tool) =>
        Object.fromEntries(toolKeys.map((name) => [name, name === "confirmed" ? true : (tool[name] ?? null)])),
      ),
    );
  const list = "limit=20&page=1&sort_by=created_at&sort_order=desc";
  return {
    agents: () => json("GET", "/agents"),
    agent: (id: string) => json("GET", `/agents/${id}`),
    run: (path: string, message: string, session_id: string) =>
      json("POST", `${path}/runs`, { message, stream: "false", session_id }),
    stream: (path: string, message: string, session_id: string) =>
      events(`${path}/runs`, { message, stream: "true", session_id }),
    continue: ({ agent_id, run_id, session_id, tools }: Json) =>
      json("POST", `/agents/${agent_id}/runs/${run_id}/continue`, {
        tools: answered(tools),
        stream: "false",
        session_id,
      }),
    continueStream: ({ agent_id, run_id, session_id, tools }: Json) =>
      events(`/agents/${agent_id}/runs/${run_id}/continue`, { tools: answered(tools), stream: "true", session_id }),
    sessions: (type?: string) => json("GET", `/sessions?${type === undefined ? "" : `type=${type}&`}${list}`),
    session: (id: string) => json("GET", `/sessions/${id}?type=agent`),
    runsOf: (id: string) => json("GET", `/sessions/${id}/runs?type=agent`),
    // It names no session.
    cancel: (agent: string, run: string) => json("POST", `/agents/${agent}/runs/${run}/cancel`),
    delete: (id: string) => json("DELETE", `/sessions/${id}`),
  };
}

describe.each(VERSIONS)("AgentOSClient of Agno $version, with a user's JWT in its headers", ({ toolKeys }) => {
  const clientOf = async (user: string) => agentOsClient(bearer(await tokenFor(user)), toolKeys);

  it("runs an agent and a team, and reads the runs' streams", async () => {
    model.respondWith(asksOnce);
    const ada = `ada-${newId()}`;
    const client = await clientOf(ada);
    expect((await client.agents()).map(({ id }: Json) => id)).toContain("assistant");
    expect((await client.agent("assistant")).id).toBe("assistant");
    const session_id = newId();
    const run = await client.run("/agents/assistant", "Hello", session_id);
    expect([run.status, run.user_id, run.session_id, run.content]).toEqual(["COMPLETED", ada, session_id, "Hello."]);
    const events = await client.stream("/agents/assistant", "And again", session_id);
    expect([events[0].event, events.at(-1)?.event]).toEqual(["RunStarted", "RunCompleted"]);
    expect(
      events
        .filter(({ event }) => event === "RunContent")
        .map(({ content }) => content)
        .join(""),
    ).toBe("Hello.");
    const team = await client.run("/teams/support", "Hello", newId());
    expect([team.status, team.user_id, team.team_id]).toEqual(["COMPLETED", ada, "support"]);
  });

  it("continues what waits for its user, streamed and not", async () => {
    model.respondWith(asksOnce);
    const client = await clientOf(`ada-${newId()}`);
    const first = await client.run("/agents/operator", "Delete it", newId());
    expect([first.status, first.tools[0].tool_name]).toEqual(["PAUSED", "delete_record"]);
    const done = await client.continue(first);
    expect([done.status, done.content, done.tools[0].result]).toEqual([
      "COMPLETED",
      "Hello.",
      expect.stringContaining("record 7"),
    ]);
    const second = await client.run("/agents/operator", "Delete it", newId());
    const events = await client.continueStream(second);
    expect([events[0].event, events.at(-1)?.event]).toEqual(["RunContinued", "RunCompleted"]);
  });

  it("lists, reads, cancels and deletes its user's sessions, and nobody else's", async () => {
    model.respondWith("Hello.");
    const client = await clientOf(`ada-${newId()}`);
    const session_id = newId();
    const { run_id } = await client.run("/agents/assistant", "Hello", session_id);
    const { data, meta } = await client.sessions("agent");
    expect([meta.total_count, data.map((one: Json) => one.session_id)]).toEqual([1, [session_id]]);
    expect((await client.session(session_id)).session_id).toBe(session_id);
    expect((await client.runsOf(session_id)).map((one: Json) => one.run_id)).toEqual([run_id]);
    expect(await client.cancel("assistant", run_id)).toEqual({});
    const other = await clientOf(`bob-${newId()}`);
    expect((await other.sessions()).data).toEqual([]);
    await expect(other.session(session_id)).rejects.toThrow(`404 Agent Session with id '${session_id}' not found`);
    await expect(other.cancel("assistant", run_id)).rejects.toThrow("404 Run not found");
    // It says nothing of what was deleted, and nothing is.
    expect(await other.delete(session_id)).toBeNull();
    expect((await client.session(session_id)).session_id).toBe(session_id);
    expect(await client.delete(session_id)).toBeNull();
    expect((await client.sessions("agent")).data).toEqual([]);
  });

  it("is told in AgentOS's words why it is refused", async () => {
    await expect(agentOsClient({}, toolKeys).sessions()).rejects.toThrow("401 Authorization header missing");
    const wrong = agentOsClient(bearer("wrong"), toolKeys);
    await expect(wrong.sessions()).rejects.toThrow("401 Invalid token: Not enough segments");
  });
});
