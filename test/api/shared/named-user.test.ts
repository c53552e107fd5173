import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import worker from "../../../src/index.ts";
import { type DocumentedOperation, documentedOperations, filledPath } from "../../support/document.ts";
import { type Answer, call, newId, run, send } from "../../support/http.ts";
import { pausedRun } from "../../support/paused-runs.ts";
import { rowsNaming } from "../../support/rows.ts";
import { scriptModel, toolCall } from "../../support/scripted-model.ts";

const model = scriptModel();

const ADA = "ada-of-these-tests";
const SECRET = "the secret of Bob";

/** What belongs to Bob. Each request names one of these. */
interface World {
  bob: string;
  session: string;
  run: string;
  job: string;
}

/** A session of Bob's with a run that is over and one that waits for him, and a job of his. */
async function bobsWorld(): Promise<World> {
  model.respondWith(SECRET);
  const bob = `bob-${newId()}`;
  const session_id = `bobs-${newId()}`;
  await run(SECRET, { session_id, user_id: bob, agent: "operator" });
  model.next([toolCall("delete_record", { id: SECRET })]);
  const { run_id } = await pausedRun("Delete it.", { session_id, user_id: bob, agent: "operator" });
  const named = await call("POST", "/sessions/bulk", { action: "pin", session_ids: [session_id], user_id: bob });
  expect(named.status).toBe(200);
  return { bob, session: session_id, run: run_id, job: named.body.job_id };
}

/** All rows that tell of Bob or of what is his, from all tables, as text. */
async function bobsRows({ bob, session, job }: World): Promise<string[]> {
  const rows = await rowsNaming([bob, session]);
  // Ada may make a job that names Bob's session. It finds no such session, so its items do no harm.
  return rows.filter((row) => !row.startsWith("job_items ") || row.includes(job));
}

const SAID = { id: "m", role: "user", parts: [{ type: "text", text: "What is the secret?" }] };

/** The least that each operation takes as a body, so that only the user can be what it refuses. */
const BODIES: Record<string, (world: World) => object> = {
  create_session: () => ({}),
  delete_sessions: ({ session }) => ({ session_ids: [session], session_types: ["agent"] }),
  update_session: () => ({ metadata: { stolen: true } }),
  rename_session: () => ({ session_name: "Stolen" }),
  name_sessions: ({ session }) => ({ session_ids: [session], overwrite: "generated" }),
  change_sessions: ({ session }) => ({ action: "delete", session_ids: [session] }),
  create_agent_run: ({ session }) => ({ message: "What is the secret?", stream: false, session_id: session }),
  create_team_run: ({ session }) => ({ message: "What is the secret?", stream: false, session_id: session }),
  continue_agent_run: ({ session }) => ({ session_id: session, stream: false, fork: true }),
  continue_team_run: ({ session }) => ({ session_id: session, stream: false, fork: true }),
  send_agent_chat: ({ session }) => ({ id: session, message: SAID }),
  send_team_chat: ({ session }) => ({ id: session, message: SAID }),
  cancel_agent_run: () => ({}),
  cancel_team_run: () => ({}),
  resume_agent_run: ({ session }) => ({ session_id: session }),
  resume_team_run: ({ session }) => ({ session_id: session }),
};
/** The values of the parameters that an operation cannot do without. */
const idsIn = ({ session, run, job }: World) => ({ session_id: session, run_id: run, job_id: job });
const parametersOf = ({ session }: World): Record<string, string> => ({ session_id: session, q: "secret" });

const operations = (await documentedOperations()).filter(({ parameters, path }) =>
  [...parameters, { name: path }].some(({ name }) => name === "user_id" || name.includes("{user_id}")),
);
const heeding = operations.filter(({ operationId }) => operationId !== "import_sessions");

interface Naming {
  query?: [name: string, value: string][];
  /** Members of a JSON body, or of a form. */
  body?: Record<string, unknown> | URLSearchParams;
}

/** Sends an operation on what is Bob's, with the user named in this way. */
async function ask(operation: DocumentedOperation, world: World, naming: Naming): Promise<Answer & { text: string }> {
  const { method, path, parameters, operationId, requestBody } = operation;
  const wanted = parameters.filter((one) => one.in === "query" && one.required === true);
  const query = new URLSearchParams([
    ...wanted.map(({ name }): [string, string] => [name, parametersOf(world)[name] ?? ""]),
    ...(naming.query ?? []),
  ]);
  const at = filledPath(path, {
    ...idsIn(world),
    agent_id: "operator",
    team_id: "support",
    message_index: "1",
    user_id: ADA,
  });
  const least = BODIES[operationId]?.(world);
  if (requestBody !== undefined && least === undefined) throw new Error(`No body for ${operationId}`);
  const hasBody = least !== undefined || naming.body !== undefined;
  const fields = Object.entries({ ...least }).map(([name, value]): [string, string] => [name, String(value)]);
  const body =
    naming.body instanceof URLSearchParams
      ? new URLSearchParams([...fields, ...naming.body])
      : { ...least, ...naming.body };
  const answer = await send(method, `${at}?${query}`, hasBody ? body : undefined);
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, body: null, text };
}

/** The ways to name Ada that an operation takes. A GET is sent without a body, because `Request` allows none. */
function waysToName({ method, path, operationId }: DocumentedOperation): [string, Naming][] {
  if (path.includes("{user_id}")) return [["path", {}]];
  const named: [string, string] = ["user_id", ADA];
  const query: Naming = { query: [named] };
  const inUrl: [string, Naming][] = [
    ["query", query],
    ["query, twice the same", { query: [named, named] }],
  ];
  if (method === "GET") return inUrl;
  const isRun = /_run$/.test(operationId);
  return [
    ...inUrl,
    ["body", { body: { user_id: ADA } }],
    ["both", { ...query, body: { user_id: ADA } }],
    ["query, and null in the body", { ...query, body: { user_id: null } }],
    ...(isRun ? [["form", { body: new URLSearchParams({ user_id: ADA }) }] satisfies [string, Naming]] : []),
  ];
}

/** The ways to name nobody, or more than one user. */
function wrongWays({ method, path, operationId }: DocumentedOperation, { bob }: World): [string, Naming][] {
  const isRun = /_run$/.test(operationId);
  const twice = (...values: string[]) => values.map((value): [string, string] => ["user_id", value]);
  const named: Naming = path.includes("{user_id}") ? {} : { query: twice(ADA) };
  const ways: [string, Naming][] = [
    ["empty", { query: twice("") }],
    ["empty behind one", { query: twice(ADA, "") }],
    ["two", { query: twice(ADA, bob) }],
    ...["userId", "USER_ID", "user-id", "UserID"].map((name): [string, Naming] => [name, { query: [[name, ADA]] }]),
    ["a misspelt one beside", { query: [...twice(ADA), ["userId", bob]] }],
  ];
  const inBody: [string, Naming][] = [
    ["empty in the body", { body: { user_id: "" } }],
    ["empty in the body beside", { ...named, body: { user_id: "" } }],
    ["two places", { ...named, body: { user_id: bob } }],
    ["two places, turned round", { query: twice(bob), body: { user_id: ADA } }],
    ["no text", { body: { user_id: 7 } }],
    ["misspelt in the body", { body: { userId: ADA } }],
    ["misspelt in the body beside", { ...named, body: { UserId: bob } }],
  ];
  const form = (...values: [string, string][]): Naming => ({ body: new URLSearchParams(values) });
  const inForm: [string, Naming][] = [
    ["empty in the form", form(["user_id", ""])],
    ["two in the form", form(["user_id", ADA], ["user_id", bob])],
    ["misspelt in the form", form(["userID", ADA])],
  ];
  return [...ways, ...(method === "GET" ? [] : inBody), ...(isRun && method === "POST" ? inForm : [])];
}

describe("a user that is named", () => {
  it("is heeded by every operation on sessions, runs and jobs, and by none on tokens and acts, which are of many users", async () => {
    const all = await documentedOperations();
    const heedless = all.filter(({ operationId }) => !operations.some((one) => one.operationId === operationId));
    expect(heedless.map(({ path }) => path).toSorted()).toEqual([
      "/",
      "/agents",
      "/agents/{agent_id}",
      "/authz/audit",
      "/client-tokens",
      "/config",
      "/health",
      "/info",
      "/me",
      "/models",
      "/service-accounts",
      "/service-accounts",
      "/service-accounts/{service_account_id}",
      "/service-accounts/{service_account_id}/rotate",
      "/teams",
      "/teams/{team_id}",
    ]);
  });

  it.each(heeding)("sees and changes nothing of another's, wherever it stands: $method $path", async (operation) => {
    const world = await bobsWorld();
    const before = await bobsRows(world);
    expect(before.length).toBeGreaterThan(5);
    const calls = model.calls.length;
    for (const [way, naming] of waysToName(operation)) {
      const { status, text } = await ask(operation, world, naming);
      expect([way, status < 500, text.includes(SECRET), text.includes(world.bob)]).toEqual([way, true, false, false]);
      expect([way, await bobsRows(world)]).toEqual([way, before]);
    }
    const told = JSON.stringify(model.calls.slice(calls).map(({ request }) => request));
    expect(told).not.toContain(SECRET);
  });

  it.each(heeding)("is refused where it is empty, misspelt or another elsewhere: $method $path", async (operation) => {
    const world = await bobsWorld();
    const before = await bobsRows(world);
    for (const [way, naming] of wrongWays(operation, world)) {
      const { status, text } = await ask(operation, world, naming);
      expect([way, status, text.includes(SECRET)]).toEqual([way, 422, false]);
      expect(JSON.parse(text).detail[0].loc[1]).toMatch(/^user[-_]?id$/i);
    }
    expect(await bobsRows(world)).toEqual(before);
  });

  it("is refused where a JSON body names it twice, in whatever letters", async () => {
    const { session, bob } = await bobsWorld();
    for (const [name, value] of [
      ["user_id", `"${ADA}"`],
      ["user\\u005fid", `"${ADA}"`],
      ["userId", `"${ADA}"`],
      ["user_id", "null"],
      ["\\u0075ser_id", "null"],
    ]) {
      const body = `{"message": "What is the secret?", "session_id": "${session}", "user_id": "${bob}", "${name}" : ${value}}`;
      const { status, body: refusal } = await call("POST", "/agents/operator/runs", body);
      expect([status, refusal.detail[0].loc]).toEqual([422, ["body", name === "userId" ? "userId" : "user_id"]]);
    }
    const nested = `{"message": "Hi", "stream": false, "user_id": "${ADA}", "session_state": {"user_id": "${bob}"}}`;
    expect((await call("POST", "/agents/operator/runs", nested)).status).toBe(200);
  });

  it("is heeded in the body of a GET too, which few senders write", async () => {
    const { session, bob } = await bobsWorld();
    const read = (user_id: string) => getWithBody(`/sessions/${session}/export`, JSON.stringify({ user_id }));
    expect((await read(ADA)).status).toBe(404);
    expect((await read("")).status).toBe(422);
    expect(await (await read(bob)).text()).toContain(SECRET);
  });

  it("is seen in a body that calls itself another kind of body", async () => {
    const { session, bob } = await bobsWorld();
    const asJson = `{"user_id": "${ADA}", "session_name": "x", "metadata": {"x": "--b--"}}`;
    const asForm = `user_id=${ADA}&x=--b--`;
    const field = (name: string, value: string) =>
      `Content-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n--b`;
    const asParts = `--b\r\n${field("session_name", "x --b--")}\r\n${field("user_id", ADA)}--\r\n`;
    const utf16 = new Uint8Array(new Uint16Array([...asForm].map((char) => char.charCodeAt(0))).buffer);
    const disguises: [type: string, body: string | Uint8Array<ArrayBuffer>][] = [
      ...[
        "multipart/form-data; boundary=b",
        'Multipart/Form-Data; BOUNDARY="b"',
        "multipart/form-data; boundary=x",
      ].flatMap((type): [string, string][] =>
        [asJson, ` \n${asJson}`, asForm, asParts, `x${asParts}`].map((body) => [type, body]),
      ),
      ["application/x-www-form-urlencoded; charset=utf-16le", utf16],
      ["application/json; charset=UTF-16", utf16],
    ];
    const ways = [
      ["PATCH", `/sessions/${session}`],
      ["DELETE", `/sessions/${session}`],
      ["POST", `/sessions/${session}/rename`],
      ["POST", `/agents/operator/sessions/${session}/fork`],
      ["DELETE", `/users/${bob}/sessions`],
    ] as const;
    const shown = (await call("GET", `/sessions/${session}`)).body;
    for (const [type, body] of disguises) {
      for (const [method, path] of ways) {
        const { status } = await call(method, path, body, { "Content-Type": type });
        expect([type, body, method, path, [204, 400, 404, 422].includes(status)]).toEqual([
          type,
          body,
          method,
          path,
          true,
        ]);
      }
    }
    expect((await call("GET", `/sessions/${session}`)).body).toEqual(shown);
  });

  it("needs no body, whatever the headers say of one", async () => {
    const { session, bob } = await bobsWorld();
    for (const type of ["multipart/form-data", "multipart/form-data; boundary=x", "application/json", "text/plain"]) {
      const read = (query: string) => call("GET", `/sessions/${session}${query}`, undefined, { "Content-Type": type });
      expect([type, (await read(`?user_id=${bob}`)).status, (await read("")).status]).toEqual([type, 200, 200]);
    }
  });

  it("is one more condition in a filter, and none where it is left empty there", async () => {
    const world = await bobsWorld();
    const names = (body: object) =>
      call("POST", "/sessions/names", { filter: { unnamed: false, user_id: world.bob }, ...body });
    expect((await names({})).body).toMatchObject({ total: 1 });
    expect((await names({ user_id: ADA })).body).toMatchObject({ total: 0 });
    const change = (body: object) =>
      call("POST", "/sessions/bulk", { action: "unarchive", filter: { user_id: world.bob }, ...body });
    expect((await change({})).body).toMatchObject({ total: 1 });
    expect((await change({ user_id: ADA })).body).toMatchObject({ total: 0 });
    const before = await bobsRows(world);
    for (const field of ["user_id", "agent_id", "team_id"]) {
      const answers = [
        await names({ filter: { unnamed: false, [field]: "" } }),
        await change({ action: "archive", filter: { [field]: "" } }),
      ];
      for (const { status, body } of answers) {
        expect([status, body.detail[0].loc]).toEqual([422, ["body", "filter", field]]);
      }
    }
    expect(await bobsRows(world)).toEqual(before);
  });

  it("of an import is the owner of all that comes in, and its lines are not compared", async () => {
    const { session, bob } = await bobsWorld();
    const lines = await (await send("GET", `/sessions/${session}/export?user_id=${bob}`)).text();
    const take = (query: string) => call("POST", `/import?on_conflict=new&${query}`, lines);
    const { status, body } = await take(`user_id=${ADA}`);
    expect([status, body.imported]).toEqual([200, 1]);
    const id = body.sessions[0].new_session_id;
    expect((await call("GET", `/sessions/${id}?user_id=${ADA}`)).body).toMatchObject({ user_id: ADA });
    for (const query of ["user_id=", `userId=${ADA}`, `user_id=${ADA}&user_id=${bob}`]) {
      expect([query, (await take(query)).status]).toEqual([query, 422]);
    }
  });
});

describe("where REQUIRE_USER is set", () => {
  it.each(operations)("no user is no request: $method $path", async (operation) => {
    const { method, path } = operation;
    const world = await bobsWorld();
    const before = await bobsRows(world);
    const values = { ...idsIn(world), agent_id: "operator", team_id: "support", message_index: "1", user_id: ADA };
    const hasUser = path.includes("{user_id}");
    const { status, text } = await inDeployment(
      method,
      filledPath(path, values),
      BODIES[operation.operationId]?.(world),
    );
    expect([status < 300, text.includes(SECRET)]).toEqual([hasUser, false]);
    if (!hasUser)
      expect([status, JSON.parse(text).detail[0]]).toMatchObject([422, { type: "missing", loc: ["query", "user_id"] }]);
    expect(await bobsRows(world)).toEqual(before);
  });

  it("whoever names one is answered, and discovery asks for none", async () => {
    const { session, bob } = await bobsWorld();
    expect((await inDeployment("GET", `/sessions/${session}?user_id=${bob}`)).status).toBe(200);
    expect((await inDeployment("GET", "/agents")).status).toBe(200);
    expect((await inDeployment("GET", "/export?all=true")).status).toBe(422);
  });
});

const requiring = { ...env, REQUIRE_USER: "true" };

/** Sends a request to a deployment in which every request has to name a user. */
async function inDeployment(method: string, path: string, body?: object): Promise<{ status: number; text: string }> {
  const request = new Request(`http://localhost${path}`, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const answer = await worker.fetch(request, requiring, createExecutionContext());
  return { status: answer.status, text: await answer.text() };
}

/** Sends a GET with a body, as one may come in over a connection. `Request` makes none, so it gets its body later. */
async function getWithBody(path: string, body: string): Promise<Response> {
  const request = new Request(`http://localhost${path}`);
  Object.defineProperty(request, "body", { value: new Response(body).body });
  return worker.fetch(request, env, createExecutionContext());
}
