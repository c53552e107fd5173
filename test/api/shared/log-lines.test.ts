import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it, vi } from "vitest";
import settings from "../../../wrangler.toml?raw";
import { refused, unsent, watchD1 } from "../../support/d1-faults.ts";
import { documentedOperations } from "../../support/document.ts";
import { call, newId, run, send } from "../../support/http.ts";
import { fail, scriptModel } from "../../support/scripted-model.ts";
import { ring } from "../../support/session-story.ts";

const model = scriptModel();
const d1 = watchD1();

/**
 * This mark is in every value of every request, but for the ids of sessions, runs and jobs. So a line of the log that
 * has it tells what a caller said.
 */
const SAID = "zqx";
const said = (what: string) => `${SAID}-${what}`;

let lines: string[];
beforeEach(() => {
  lines = [];
  for (const level of ["debug", "error", "info", "log", "warn"] as const) {
    vi.spyOn(console, level).mockImplementation((...parts: unknown[]) => void lines.push(parts.map(String).join(" ")));
  }
});

type Sent = [method: string, path: string, body?: unknown];

/** A request for every operation of the document, by method and path as they are there. */
function requests(session: string, runId: string, job: string): Record<string, Sent> {
  const query = (path: string, fields: Record<string, string> = {}) =>
    `${path}?${new URLSearchParams({ user_id: said("user"), ...fields })}`;
  const fields = { user_id: said("user"), message: said("message"), session_state: { [said("key")]: said("value") } };
  const ran = { ...fields, stream: false, session_id: session };
  const component = (type: string): Record<string, Sent> => ({
    [`post /${type}s/{${type}_id}/runs`]: ["POST", `/${type}s/${type === "agent" ? "assistant" : "support"}/runs`, ran],
    [`get /${type}s/{${type}_id}/runs`]: ["GET", query(`/${type}s/assistant/runs`, { session_id: session })],
    [`get /${type}s/{${type}_id}/runs/{run_id}`]: [
      "GET",
      query(`/${type}s/assistant/runs/${runId}`, { session_id: session }),
    ],
    [`post /${type}s/{${type}_id}/runs/{run_id}/cancel`]: ["POST", query(`/${type}s/assistant/runs/${runId}/cancel`)],
    [`post /${type}s/{${type}_id}/runs/{run_id}/continue`]: [
      "POST",
      `/${type}s/assistant/runs/${runId}/continue`,
      { ...ran, fork: true, input: said("input"), answered_by: said("answerer") },
    ],
    [`post /${type}s/{${type}_id}/runs/{run_id}/resume`]: ["POST", `/${type}s/assistant/runs/${runId}/resume`, ran],
    [`get /${type}s/{${type}_id}/runs/{run_id}/resume`]: [
      "GET",
      query(`/${type}s/assistant/runs/${runId}/resume`, { session_id: session }),
    ],
    [`post /${type}s/{${type}_id}/chat`]: [
      "POST",
      `/${type}s/${type === "agent" ? "assistant" : "support"}/chat`,
      {
        ...fields,
        id: session,
        message: { id: said("id"), role: "user", parts: [{ type: "text", text: said("text") }] },
      },
    ],
    [`get /${type}s/{${type}_id}/chat/{session_id}`]: ["GET", query(`/${type}s/assistant/chat/${session}`)],
    [`get /${type}s/{${type}_id}/chat/{session_id}/stream`]: [
      "GET",
      query(`/${type}s/assistant/chat/${session}/stream`),
    ],
    [`post /${type}s/{${type}_id}/chat/{session_id}/stop`]: ["POST", query(`/${type}s/assistant/chat/${session}/stop`)],
    [`post /${type}s/{${type}_id}/sessions/{session_id}/fork`]: [
      "POST",
      query(`/${type}s/assistant/sessions/${session}/fork`),
    ],
    [`get /${type}s/{${type}_id}/runs/{run_id}/checkpoints`]: [
      "GET",
      query(`/${type}s/assistant/runs/${runId}/checkpoints`, { session_id: session }),
    ],
    [`get /${type}s/{${type}_id}/runs/{run_id}/checkpoints/{message_index}`]: [
      "GET",
      query(`/${type}s/assistant/runs/${runId}/checkpoints/1`, { session_id: session }),
    ],
    [`get /${type}s/{${type}_id}`]: ["GET", `/${type}s/${said("component")}`],
  });
  const jobs = (path: string): Record<string, Sent> => ({
    [`get ${path}`]: ["GET", query(path)],
    [`get ${path}/{job_id}`]: ["GET", query(`${path}/${job}`)],
    [`get ${path}/{job_id}/items`]: ["GET", query(`${path}/${job}/items`)],
    [`post ${path}/{job_id}/cancel`]: ["POST", query(`${path}/${job}/cancel`)],
  });
  const one = `/sessions/${session}`;
  const filter = { q: `${said("search")} "${said("phrase")}"` };
  const listed = { session_name: said("name"), tag: said("tag"), metadata: `${said("key")}:${said("value")}` };
  return {
    ...component("agent"),
    ...component("team"),
    ...jobs("/jobs"),
    ...jobs("/naming-jobs"),
    ...Object.fromEntries(
      ["/", "/health", "/info", "/models", "/config", "/agents", "/teams"].map((path) => [
        `get ${path}`,
        ["GET", query(path)],
      ]),
    ),
    "get /sessions": ["GET", query("/sessions", listed)],
    "post /sessions": [
      "POST",
      "/sessions",
      {
        session_id: newId(),
        session_name: said("name"),
        metadata: { [said("key")]: said("value") },
        tags: [said("tag")],
        user_id: said("user"),
      },
    ],
    "delete /sessions": ["DELETE", query("/sessions"), { session_ids: [session], session_types: ["agent"] }],
    "get /sessions/{session_id}": ["GET", query(one)],
    "patch /sessions/{session_id}": ["PATCH", query(one), { session_state: { [said("key")]: said("value") } }],
    "delete /sessions/{session_id}": ["DELETE", query(one)],
    "post /sessions/{session_id}/rename": ["POST", query(`${one}/rename`), { session_name: said("name") }],
    "post /sessions/{session_id}/summary": ["POST", query(`${one}/summary`)],
    "get /sessions/{session_id}/runs": ["GET", query(`${one}/runs`)],
    "get /sessions/{session_id}/run-previews": ["GET", query(`${one}/run-previews`)],
    "get /sessions/{session_id}/runs/{run_id}": ["GET", query(`${one}/runs/${runId}`)],
    "get /sessions/{session_id}/messages": ["GET", query(`${one}/messages`)],
    "get /sessions/{session_id}/chat-history": ["GET", query(`${one}/chat-history`)],
    "get /sessions/{session_id}/name": ["GET", query(`${one}/name`)],
    "get /sessions/{session_id}/export": ["GET", query(`${one}/export`)],
    "post /sessions/{session_id}/restore": ["POST", query(`${one}/restore`)],
    "post /sessions/names": [
      "POST",
      "/sessions/names",
      { session_ids: [session], fallback: said("fallback"), user_id: said("user") },
    ],
    "post /sessions/bulk": [
      "POST",
      "/sessions/bulk",
      { action: "tag", filter: listed, add_tags: [said("new")], user_id: said("user") },
    ],
    "get /requirements": ["GET", query("/requirements")],
    "get /search": ["GET", query("/search", filter)],
    "delete /users/{user_id}/sessions": ["DELETE", `/users/${said("user")}/sessions`],
    "get /users/{user_id}/export": ["GET", `/users/${said("user")}/export`],
    "get /users/{user_id}/usage": ["GET", `/users/${said("user")}/usage`],
    "get /export": ["GET", query("/export")],
    "get /me": ["GET", query("/me")],
    "post /client-tokens": [
      "POST",
      "/client-tokens",
      { user_id: said("user"), claims: { [said("key")]: said("value") } },
    ],
    "post /service-accounts": ["POST", "/service-accounts", { name: said("machine") }],
    "get /service-accounts": ["GET", query("/service-accounts", { sort_by: said("column") })],
    "delete /service-accounts/{service_account_id}": ["DELETE", `/service-accounts/${said("account")}`],
    "post /service-accounts/{service_account_id}/rotate": ["POST", `/service-accounts/${said("account")}/rotate`],
    "get /authz/audit": ["GET", query("/authz/audit", { cursor: said("cursor") })],
    "post /import": ["POST", `/import?user_id=${said("user")}`, `{"line":"${said("line")}"}\n`],
  };
}

/** The headers that a caller's tools send along, with the mark in them. */
const headers = () => ({
  "User-Agent": said("program"),
  Origin: "http://localhost:3000",
  Referer: said("page"),
  "Idempotency-Key": said(newId()),
});

async function sendAll(session: string, runId: string, job: string): Promise<string[]> {
  const answers = await Promise.all(
    Object.values(requests(session, runId, job)).map(async ([method, path, body]) => {
      const answer = await send(method, path, body, headers());
      // A stream may break off with an error. All its lines are in the log by then.
      await answer.arrayBuffer().catch(() => null);
      return `${answer.status} ${path}`;
    }),
  );
  return answers;
}

const events = () => lines.map((line) => JSON.parse(line).event);

function expectNothingSaid(): void {
  expect(lines.filter((line) => line.includes(SAID) || /[?]|%[0-9A-F]{2}/.test(line))).toEqual([]);
}

async function aSession() {
  const session_id = newId();
  const { body } = await run("hello", { session_id, user_id: said("user") });
  const { body: job } = await call("POST", "/sessions/names", { session_ids: [session_id], user_id: said("user") });
  return [session_id, body.run_id, job.job_id] as const;
}

describe("our own lines", () => {
  it("are asked for by every operation of the document", async () => {
    const operations = (await documentedOperations()).map(({ method, path }) => `${method.toLowerCase()} ${path}`);
    expect(Object.keys(requests("", "", "")).sort()).toEqual(operations.sort());
  });

  it("hold no value of a request while D1 is away, but ids of sessions, runs and jobs", async () => {
    const known = await aSession();
    d1.always(() => true, unsent());
    const answers = await sendAll(...known);
    await ring(known[0]);
    expect(answers.filter((answer) => answer.startsWith("503")).length).toBeGreaterThan(40);
    expect(new Set(events())).toContain("request.refused");
    expect(lines.map((line) => JSON.parse(line).route)).toContain("/users/:user_id/export");
    expectNothingSaid();
  });

  it("hold none where D1 says no and quotes what it was sent", async () => {
    const known = await aSession();
    d1.always(() => true, refused(`near "${said("value")}": syntax error at offset 1: SQLITE_ERROR`));
    const answers = await sendAll(...known);
    expect(answers.filter((answer) => answer.startsWith("500")).length).toBeGreaterThan(20);
    expect(new Set(events())).toContain("request.failed");
    expectNothingSaid();
  });

  it("hold none where an object throws, or cannot be reached", async () => {
    const known = await aSession();
    const objects = Object.getPrototypeOf(env.SESSIONS) as { getByName(name: string): unknown };
    const unreachable = vi.spyOn(objects, "getByName").mockImplementation(() => {
      throw new TypeError(
        `Cannot use 'in' operator to search for '${said("key")}' in ${said("value")}\nat ${said("line")} (a.ts:1:1)`,
      );
    });
    await sendAll(...known);
    unreachable.mockRestore();
    expect(new Set(events())).toContain("session.unreachable");
    expectNothingSaid();
  });

  it("hold none where the model quotes its prompt in what it fails with", async () => {
    const known = await aSession();
    model.respondWith([fail(400, said("prompt"))]);
    await call("POST", `/sessions/${known[0]}/rename`, { autogenerate: true });
    await sendAll(...known);
    expect(new Set(events())).toContain("name.not_usable");
    expectNothingSaid();
  });
});

describe("the platform's lines", () => {
  it("are written without queries, and not of each request", () => {
    expect(settings).toMatch(/^redact_query_string = true$/m);
    expect(settings).toMatch(/^invocation_logs = false$/m);
  });
});
