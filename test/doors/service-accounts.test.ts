import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import casesJson from "../cases/agentos-auth.json?raw";
import { captureLogs } from "../support/captured-logs.ts";
import { bearer, key, tokenFor } from "../support/credentials.ts";
import { unsent, watchD1 } from "../support/d1-faults.ts";
import { DEVELOPMENT, isolate, movableClock } from "../support/deployments.ts";
import { type Answer, call, newId } from "../support/http.ts";
import { scriptModel } from "../support/scripted-model.ts";

scriptModel();
const d1 = watchD1();
const clock = movableClock();
const logs = captureLogs();

const admin = async () => bearer(await tokenFor("root", { scopes: ["agent_os:admin"] }));
const minter = async (user: string, scopes: string[]) =>
  bearer(await tokenFor(user, { scopes: ["service_accounts:write", "service_accounts:read", ...scopes] }));

const granted = (...scopes: string[]) => scopes.map((scope) => ({ scope }));

/** Mints a token with these scopes, by the key; answers the account with it. */
async function minted(scopes: string[], fields: object = {}) {
  const name = `m-${newId()}`;
  const body = { name, scopes: granted(...scopes), allow_privileged_scopes: true, ...fields };
  const answer = await call("POST", "/service-accounts", body, key);
  expect([answer.status, answer.body.detail]).toEqual([201, undefined]);
  return answer.body;
}
const me = (token: string) => call("GET", "/me", undefined, bearer(token));
const revoke = (id: string) => call("DELETE", `/service-accounts/${id}`, undefined, key);
const rotate = (id: string, fields?: object, headers = key) =>
  call("POST", `/service-accounts/${id}/rotate`, fields, headers);
const refusalOf = ({ status, body }: Answer) => [status, body.detail];
const REFUSED = [401, "Invalid or expired service account token"];

interface RecordedCase {
  name: string;
  app?: string;
  request: {
    method: string;
    path: string;
    token?: { sub?: string; scopes?: string[]; role?: string };
    headers?: Record<string, string>;
    body?: unknown;
  };
  // biome-ignore lint/suspicious/noExplicitAny: an answer's JSON
  versions: Record<string, { status: number; body?: any }>;
}
const recorded: { roles: Record<string, string[]>; cases: Record<string, RecordedCase[]> } = JSON.parse(casesJson);

/** Where this server answers otherwise on purpose, or more strictly. */
const DIFFERENT: Record<string, string> = {
  "mint: expires_in_days is a fraction": "one text for all that is no whole number",
  "mint: scopes are an unknown effect": "pydantic's type of the error is another one, its text the same",
  "mint: expires_in_days is true": "pydantic takes true for 1",
  "mint: by a minter without admin, default scopes, workflows:run not held": "there are no workflows",
};

/** Without what is another each time, or ours: placeholders, and workflows, which this server does not run. */
function comparable(body: unknown): unknown {
  const text = JSON.stringify(body, (name, value) => {
    if (["id", "token", "token_prefix", "request_id", "code", "input", "ctx"].includes(name)) return undefined;
    if (["created_at", "expires_at"].includes(name)) return value === null ? null : "<time>";
    if (name === "scopes" && Array.isArray(value)) return value.filter(({ raw }) => raw !== "workflows:run");
    return value;
  });
  return JSON.parse(text);
}

describe("service accounts, as AgentOS has them", () => {
  // case 85
  it("are minted and refused with AgentOS's bodies and texts", async () => {
    const cases = (recorded.cases["service account"] ?? []).filter(
      ({ name, app, request }) =>
        name.startsWith("mint: ") &&
        app === undefined &&
        !(name in DIFFERENT) &&
        request.headers?.Authorization === undefined,
    );
    expect(cases.length).toBeGreaterThan(70);
    const different: unknown[] = [];
    for (const { name, request, versions } of cases) {
      const { token, method, path, body, headers = {} } = request;
      const scopes = token?.scopes ?? recorded.roles[token?.role ?? ""] ?? [];
      const shown = token === undefined ? {} : bearer(await tokenFor(token.sub ?? "ada", { scopes }));
      const ours = await call(method, path, body, { ...headers, ...shown });
      const theirs = versions.both ?? versions["3.1.10"];
      const expected = [theirs?.status, comparable(theirs?.body)];
      const got = [ours.status, comparable(ours.body)];
      // A case tells some members of a body only, those that it is about.
      const isSame =
        theirs?.status === 201 && theirs.body.id === undefined
          ? got[0] === 201 && ours.body.user_id === theirs.body.user_id
          : JSON.stringify(got) === JSON.stringify(expected);
      if (!isSame) different.push({ name, expected, got });
    }
    expect(different).toEqual([]);
  });

  it("begin with a prefix that scanners know, and are told once", async () => {
    const { token, token_prefix, id } = await minted(["agents:run"]);
    expect(token).toMatch(/^es_pat_[0-9A-Za-z]{38,43}$/);
    expect(token_prefix).toBe(token.slice(0, 16));
    const { body } = await call("GET", "/service-accounts?limit=100", undefined, key);
    expect(body.data.find((one: { id: string }) => one.id === id)).toBeDefined();
    expect(JSON.stringify(body)).not.toContain(token);
  });

  it("are listed as AgentOS lists them, and revoked for good", async () => {
    await env.DB.prepare("delete from service_accounts").run();
    const names = async (query = "", headers = key) => {
      const { body } = await call("GET", `/service-accounts${query}`, undefined, headers);
      return body.data.map(({ name }: { name: string }) => name);
    };
    const empty = (await call("GET", "/service-accounts", undefined, key)).body;
    const meta = { page: 1, limit: 20, total_pages: 0, total_count: 0, search_time_ms: 0 };
    expect(empty).toEqual({ data: [], meta });
    const ids: Record<string, string> = {};
    for (const name of ["one", "two", "three"]) {
      clock.forward(1);
      ids[name] = (await minted(["agents:run"], { name })).id;
    }
    expect((await revoke(ids.two ?? "")).status).toBe(204);
    expect((await revoke(ids.two ?? "")).status).toBe(204);
    expect(await names()).toEqual(["three", "two", "one"]);
    expect(await names("?include_revoked=false")).toEqual(["three", "one"]);
    expect(await names("?limit=2&page=2")).toEqual(["one"]);
    expect(await names("?page=9")).toEqual([]);
    expect(await names("?sort_by=name&sort_order=asc")).toEqual(["one", "three", "two"]);
    expect(await names("?sort_by=nonsense&sort_order=nonsense")).toEqual(["three", "two", "one"]);
    const paged = (await call("GET", "/service-accounts?limit=2&page=2", undefined, key)).body.meta;
    expect(paged).toEqual({ page: 2, limit: 2, total_pages: 2, total_count: 3, search_time_ms: 0 });
    for (const query of ["?limit=0", "?limit=101", "?page=0", "?limit=x", "?include_revoked=maybe"]) {
      expect([query, (await call("GET", `/service-accounts${query}`, undefined, key)).status]).toEqual([query, 422]);
    }
    expect(refusalOf(await revoke("ghost"))).toEqual([404, "Service account 'ghost' not found"]);
    expect(refusalOf(await revoke("three"))).toEqual([404, "Service account 'three' not found"]);
    expect((await call("GET", `/service-accounts/${ids.one}`, undefined, key)).status).toBe(405);
    expect((await minted(["agents:run"], { name: "two" })).name).toBe("two");
  });

  it("belong to who made them: a caller that may not name users sees and ends its own only", async () => {
    const ops = await minter("ops", ["service_accounts:delete", "agents:run"]);
    const mint = (name: string, headers: Record<string, string>) =>
      call("POST", "/service-accounts", { name, scopes: granted("agents:run") }, headers);
    const [own, theirs] = [`own-${newId()}`, `theirs-${newId()}`];
    const made = await mint(own, ops);
    const others = await mint(theirs, key);
    const listed = (await call("GET", "/service-accounts?limit=100", undefined, ops)).body.data;
    expect(listed.map(({ name }: { name: string }) => name)).toEqual([own]);
    const gone = await call("DELETE", `/service-accounts/${others.body.id}`, undefined, ops);
    expect(refusalOf(gone)).toEqual([404, `Service account '${others.body.id}' not found`]);
    expect((await rotate(others.body.id, {}, ops)).status).toBe(404);
    expect((await me(others.body.token)).status).toBe(200);
    expect((await mint(theirs, ops)).status).toBe(409);
    // What sa:theirs owns would else be theirs who take its name.
    await revoke(others.body.id);
    expect((await mint(theirs, ops)).status).toBe(409);
    expect((await mint(theirs, key)).status).toBe(201);
    expect((await call("DELETE", `/service-accounts/${made.body.id}`, undefined, ops)).status).toBe(204);
    expect((await mint(own, ops)).status).toBe(201);
  });

  it("get no name from a caller that may not name users if anything is that name's already; staff may give it", async () => {
    const ops = await minter("ops", ["agents:run"]);
    const mint = (name: string, headers: Record<string, string>) =>
      call("POST", "/service-accounts", { name, scopes: granted("agents:run") }, headers);
    const begin = {
      session: (user_id: string) => call("POST", "/sessions", { session_id: newId(), user_id }, key),
      deleted: async (user_id: string) => {
        const session_id = newId();
        await call("POST", "/sessions", { session_id, user_id }, key);
        const undoable = isolate({ DELETE_UNDO_SECONDS: "3600" });
        return undoable("DELETE", `/sessions/${session_id}`, undefined, key);
      },
      run: async (user_id: string) => {
        const session_id = newId();
        await call("POST", "/agents/assistant/runs", { message: "Hi", stream: false, session_id, user_id }, key);
        return call("DELETE", `/sessions/${session_id}`, undefined, key);
      },
      job: (user_id: string) => call("POST", "/sessions/bulk", { action: "pin", session_ids: ["x"], user_id }, key),
    };
    for (const [what, belongs] of Object.entries(begin)) {
      const name = `m-${newId()}`;
      expect([what, (await belongs(`sa:${name}`)).status < 300]).toEqual([what, true]);
      const refused = await mint(name, ops);
      expect([what, refused.status, refused.body.code]).toEqual([what, 409, "service_account_exists"]);
      const { body } = await call("GET", "/service-accounts?limit=100", undefined, key);
      expect(body.data.map((one: { name: string }) => one.name)).not.toContain(name);
      expect([what, (await mint(name, key)).status]).toEqual([what, 201]);
    }
  });

  it("keep their name for who made them, whatever they own by then", async () => {
    const ops = await minter("ops", ["service_accounts:delete", "agents:run"]);
    const mint = { name: `m-${newId()}`, scopes: granted("agents:run") };
    const { body } = await call("POST", "/service-accounts", mint, ops);
    await call("POST", "/agents/assistant/runs", { message: "Hi", stream: false }, bearer(body.token));
    expect((await call("DELETE", `/service-accounts/${body.id}`, undefined, ops)).status).toBe(204);
    expect((await call("POST", "/service-accounts", mint, ops)).status).toBe(201);
  });

  // case 92
  it("get nothing that their maker does not hold, by minting or by rotating", async () => {
    const maker = await minter("maker", ["agents:run", "teams:*:run", "agents:assistant:read", "config:read"]);
    const mint = (...scopes: string[]) =>
      call(
        "POST",
        "/service-accounts",
        { name: `m-${newId()}`, scopes: granted(...scopes), allow_privileged_scopes: true },
        maker,
      );
    expect(
      (await mint("agents:x:run", "agents:*:run", "teams:run", "agents:assistant:read", "system:read")).status,
    ).toBe(201);
    expect(refusalOf(await mint("agents:run", "agents:read", "sessions:read", "agent_os:admin"))).toEqual([
      403,
      "Cannot grant scope(s) you do not hold: agents:read, sessions:read, agent_os:admin",
    ]);
    const powerful = await call(
      "POST",
      "/service-accounts",
      { name: `m-${newId()}`, scopes: granted("agent_os:admin"), allow_privileged_scopes: true },
      await admin(),
    );
    const rotator = bearer(await tokenFor("eve", { scopes: ["service_accounts:write", "users:act"] }));
    expect(refusalOf(await rotate(powerful.body.id, {}, rotator))).toEqual([
      403,
      "Cannot grant scope(s) you do not hold: agent_os:admin",
    ]);
    const child = await minted(["service_accounts:write", "agents:run"]);
    const grandchild = { name: `m-${newId()}`, scopes: granted("agents:run") };
    const byAccount = await call("POST", "/service-accounts", grandchild, bearer(child.token));
    expect([byAccount.status, byAccount.body.created_by]).toEqual([201, child.principal]);
  });

  it("that an account makes end with it, and it rotates no token beyond its own end", async () => {
    const maker = await minted(["service_accounts:write", "agents:run"], { expires_in_days: 2 });
    const mint = async (fields: object) => {
      const body = { name: `m-${newId()}`, scopes: granted("agents:run"), ...fields };
      return (await call("POST", "/service-accounts", body, bearer(maker.token))).body;
    };
    for (const fields of [{}, { never_expires: true }, { expires_in_days: 3 }]) {
      expect([fields, (await mint(fields)).expires_at]).toEqual([fields, maker.expires_at]);
    }
    const child = await mint({ expires_in_days: 1 });
    expect(child.expires_at).toBe(child.created_at + 86_400);
    clock.forward(80_000);
    const renewed = await rotate(child.id, {}, bearer(maker.token));
    expect([renewed.status, renewed.body.expires_at]).toEqual([201, renewed.body.created_at + 86_400]);
    const late = await mint({ expires_in_days: 1 });
    clock.forward(70_000);
    const last = await rotate(late.id, {}, bearer(maker.token));
    expect([last.status, last.body.expires_at]).toEqual([201, maker.expires_at]);
    clock.forward(22_801);
    expect([refusalOf(await me(maker.token)), refusalOf(await me(last.body.token))]).toEqual([REFUSED, REFUSED]);
  });

  it("of others are rotated by an account only if they end no later than it, and its own gets no longer life", async () => {
    const maker = await minted(["service_accounts:write", "agents:run", "users:act"], { expires_in_days: 2 });
    const lasting = await minted(["agents:run"], { expires_in_days: 3 });
    const endless = await minted(["agents:run"], { never_expires: true });
    for (const { id, expires_at } of [lasting, endless]) {
      const refused = await rotate(id, {}, bearer(maker.token));
      expect(refusalOf(refused)).toEqual([403, "Cannot replace a token that ends later than your own"]);
      const { body } = await call("GET", "/service-accounts?limit=100", undefined, key);
      expect(body.data.find((one: { id: string }) => one.id === id).expires_at).toBe(expires_at);
    }
    clock.forward(3_600);
    const { status, body } = await rotate(maker.id, {}, bearer(maker.token));
    expect([status, body.expires_at]).toEqual([201, maker.expires_at]);
  });

  it("are made and rotated by nobody whose token has tighter limits than the deployment's, which they would shed", async () => {
    const scopes = ["service_accounts:write", "agents:run"];
    const mint = (headers: Record<string, string>) =>
      call("POST", "/service-accounts", { name: `m-${newId()}`, scopes: granted("agents:run") }, headers);
    const plain = await mint(bearer(await tokenFor("ops", { scopes })));
    expect(plain.status).toBe(201);
    for (const limits of [{ runs_per_day: 499 }, { concurrent_runs: 3 }, { tokens_per_day: 1 }, { max_sessions: 9 }]) {
      const limited = bearer(await tokenFor("ops", { scopes, limits }));
      for (const refused of [await mint(limited), await rotate(plain.body.id, {}, limited)]) {
        expect([limits, ...refusalOf(refused)]).toEqual([
          limits,
          403,
          "Cannot make a token that would have wider limits than your own",
        ]);
      }
    }
    const wide = await tokenFor("ops", { scopes, limits: { runs_per_day: 0, concurrent_runs: 4 } });
    expect((await mint(bearer(wide))).status).toBe(201);
    // The limits of whoever may name users do not hold, so nothing is shed.
    const staff = await tokenFor("root", { scopes: [...scopes, "users:act"], limits: { runs_per_day: 1 } });
    expect((await mint(bearer(staff))).status).toBe(201);
  });

  it("are not minted where nothing is asked for: a token would outlive that", async () => {
    const open = isolate(DEVELOPMENT);
    const answer = await open("POST", "/service-accounts", { name: "open" });
    expect(refusalOf(answer)).toEqual([401, "JWT authentication is required to mint a service account."]);
  });

  it("are one where two are minted at once under one name", async () => {
    const name = `m-${newId()}`;
    const mint = () => call("POST", "/service-accounts", { name, scopes: granted("agents:run") }, key);
    const statuses = (await Promise.all([mint(), mint(), mint()])).map(({ status }) => status);
    expect(statuses.sort()).toEqual([201, 409, 409]);
  });
});

describe("the token of a service account", () => {
  // case 86
  it("is in no table and in no log", async () => {
    const { token } = await minted(["sessions:read", "agents:run"]);
    await call("POST", "/agents/assistant/runs", { message: "Hi", stream: false }, bearer(token));
    await call("GET", "/config", undefined, bearer(token));
    await call("GET", "/sessions", undefined, bearer(`${token}x`));
    const { results } = await env.DB.prepare(
      "select name from sqlite_master where type = 'table' and name not like '\\_%' escape '\\'",
    ).all<{ name: string }>();
    const secret = token.slice("es_pat_".length + 9);
    for (const { name } of results) {
      const rows = await env.DB.prepare(`select * from "${name}"`).all();
      expect([name, JSON.stringify(rows.results).includes(secret)]).toEqual([name, false]);
    }
    expect(logs.lines.length).toBeGreaterThan(2);
    expect(logs.lines.filter((line) => line.includes(secret))).toEqual([]);
  });

  // case 87
  it("is confined to what is sa:name's, unless it may name users", async () => {
    const account = await minted(["agents:run", "sessions:read"]);
    const ofAda = newId();
    await call("POST", "/sessions", { session_id: ofAda, user_id: "ada" }, key);
    expect((await call("GET", `/sessions/${ofAda}`, undefined, bearer(account.token))).status).toBe(404);
    const session_id = newId();
    const asked = { message: "Hi", stream: false, session_id, user_id: "ada" };
    expect((await call("POST", "/agents/assistant/runs", asked, bearer(account.token))).status).toBe(200);
    expect((await call("GET", `/sessions/${session_id}`, undefined, key)).body.user_id).toBe(account.principal);
    const lacking = await call("GET", "/config", undefined, bearer(account.token));
    expect(refusalOf(lacking)).toEqual([403, "Insufficient permissions. Required scope(s): config:read"]);
    const staff = await minted(["agents:run", "sessions:read", "users:act"]);
    expect((await call("GET", `/sessions/${ofAda}`, undefined, bearer(staff.token))).status).toBe(200);
    expect((await me(staff.token)).body).toMatchObject({ actor: staff.principal, confined: false });
  });

  // case 88
  it("is refused at once where it was revoked, and within 30 seconds in another isolate", async () => {
    const { id, token } = await minted(["agents:run"]);
    const other = isolate();
    const there = () => other("GET", "/me", undefined, bearer(token));
    expect([(await me(token)).status, (await there()).status]).toEqual([200, 200]);
    expect((await revoke(id)).status).toBe(204);
    expect(refusalOf(await me(token))).toEqual(REFUSED);
    expect((await there()).status).toBe(200);
    clock.forward(30);
    expect(refusalOf(await there())).toEqual(REFUSED);
  });

  it("that was revoked makes and rotates nothing any more, also where that is not known yet", async () => {
    const { id, token } = await minted(["service_accounts:write", "users:act", "agents:run"]);
    const other = await minted(["agents:run"]);
    const there = isolate();
    const elsewhere = (path: string, body: object) => there("POST", path, body, bearer(token));
    const mint = () => elsewhere("/service-accounts", { name: `m-${newId()}`, scopes: granted("agents:run") });
    expect((await mint()).status).toBe(201);
    await rotate(id, { overlap_seconds: 60 });
    expect((await mint()).status).toBe(201);
    expect((await revoke(id)).status).toBe(204);
    expect((await there("GET", "/me", undefined, bearer(token))).status).toBe(200);
    const before = await env.DB.prepare("select count(*) as n from service_accounts").first("n");
    expect(refusalOf(await mint())).toEqual(REFUSED);
    expect(refusalOf(await elsewhere(`/service-accounts/${other.id}/rotate`, {}))).toEqual(REFUSED);
    expect(await env.DB.prepare("select count(*) as n from service_accounts").first("n")).toBe(before);
  });

  it("makes nothing while D1 does not say whether it is in force", async () => {
    const { token } = await minted(["service_accounts:write", "agents:run"]);
    const mint = () =>
      call("POST", "/service-accounts", { name: `m-${newId()}`, scopes: granted("agents:run") }, bearer(token));
    expect((await mint()).status).toBe(201);
    d1.failReads();
    const { status, body } = await mint();
    expect([status, body.code]).toEqual([503, "auth_unavailable"]);
    d1.heal();
    expect((await mint()).status).toBe(201);
  });

  it("is refused at once though a read of it was under way when it was revoked", async () => {
    const { id, token } = await minted(["agents:run"]);
    let revoked: Promise<Answer> | null = null;
    const isLookup = ({ isRead, statements }: { isRead: boolean; statements: { sql: string }[] }) =>
      isRead && statements.some(({ sql }) => sql.includes('"token_hash" = ?'));
    d1.next(isLookup, async (send) => {
      const read = await send();
      revoked = revoke(id);
      await revoked;
      return read;
    });
    expect((await me(token)).status).toBe(200);
    expect(((await revoked) as unknown as Answer).status).toBe(204);
    expect(refusalOf(await me(token))).toEqual(REFUSED);
  });

  // case 89
  it("ends when it is to, though the isolate knows it", async () => {
    const { token } = await minted(["agents:run"], { expires_in_days: 1 });
    clock.forward(86_380);
    expect((await me(token)).status).toBe(200);
    clock.forward(21);
    d1.forget();
    expect(refusalOf(await me(token))).toEqual(REFUSED);
    expect(d1.operations.filter(({ isRead }) => isRead)).toEqual([]);
    const lasting = await minted(["agents:run"], { never_expires: true, expires_in_days: 1 });
    expect(lasting.expires_at).toBeNull();
    clock.forward(4_000 * 86_400);
    expect((await me(lasting.token)).status).toBe(200);
  });

  // case 90
  it("is rotated with an overlap: both are taken, then the new one only, and idempotency keys go on", async () => {
    const older = await minted(["agents:run", "sessions:read"], { expires_in_days: 10 });
    const session_id = newId();
    const run = (token: string) =>
      call(
        "POST",
        "/agents/assistant/runs",
        { message: "Hi", stream: false, session_id },
        {
          ...bearer(token),
          "Idempotency-Key": "once",
        },
      );
    const first = await run(older.token);
    clock.forward(3_600);
    const { status, body: newer } = await rotate(older.id, { overlap_seconds: 7_200 });
    expect(status).toBe(201);
    expect([newer.name, newer.scopes, newer.created_by]).toEqual([older.name, older.scopes, older.created_by]);
    expect(newer.expires_at - newer.created_at).toBe(older.expires_at - older.created_at);
    expect(newer.token).not.toBe(older.token);
    expect((await run(newer.token)).body.run_id).toBe(first.body.run_id);
    clock.forward(7_100);
    expect([(await me(older.token)).status, (await me(newer.token)).status]).toEqual([200, 200]);
    clock.forward(101);
    expect(refusalOf(await me(older.token))).toEqual(REFUSED);
    expect((await me(newer.token)).status).toBe(200);
  });

  it("goes on for a day beside the new one if the rotation does not say, and never longer than it was to", async () => {
    const older = await minted(["agents:run"], { expires_in_days: 1 });
    clock.forward(43_200);
    await rotate(older.id);
    clock.forward(43_190);
    expect((await me(older.token)).status).toBe(200);
    clock.forward(11);
    expect(refusalOf(await me(older.token))).toEqual(REFUSED);
  });

  it("ends at once with no overlap", async () => {
    const older = await minted(["agents:run"], { never_expires: true });
    expect((await me(older.token)).status).toBe(200);
    const { body: newer } = await rotate(older.id, { overlap_seconds: 0 });
    expect(newer.expires_at).toBeNull();
    expect([refusalOf(await me(older.token)), (await me(newer.token)).status]).toEqual([REFUSED, 200]);
  });

  it("has no third one beside it: while one is rotated, neither is rotated again", async () => {
    const older = await minted(["agents:run"]);
    const { body: newer } = await rotate(older.id);
    for (const id of [older.id, newer.id]) {
      const { status, body } = await rotate(id);
      expect([status, body.code]).toEqual([409, "service_account_exists"]);
    }
    await revoke(older.id);
    expect((await rotate(newer.id, { overlap_seconds: 0 })).status).toBe(201);
    expect((await rotate(older.id)).status).toBe(409);
    expect((await rotate("ghost")).status).toBe(404);
    expect((await rotate(newer.id, { overlap_seconds: 2_592_001 })).status).toBe(422);
    const twice = await minted(["agents:run"]);
    const statuses = (await Promise.all([rotate(twice.id), rotate(twice.id)])).map(({ status }) => status);
    expect(statuses.sort()).toEqual([201, 409]);
  });

  // case 91
  it("goes on for 30 seconds while D1 is away; one that is not known yet gets the 503", async () => {
    const [known, unknown] = [await minted(["agents:run"]), await minted(["agents:run"])];
    expect((await me(known.token)).status).toBe(200);
    d1.failReads();
    d1.failWrites();
    clock.forward(29);
    expect((await me(known.token)).status).toBe(200);
    const { status, body, headers } = await me(unknown.token);
    expect([status, body.code, body.detail]).toEqual([
      503,
      "auth_unavailable",
      "Authentication is temporarily unavailable",
    ]);
    expect([headers.get("Retry-After"), headers.get("WWW-Authenticate")]).toEqual(["5", null]);
    clock.forward(2);
    expect((await me(known.token)).status).toBe(503);
    d1.heal();
    expect((await me(unknown.token)).status).toBe(200);
  });

  it("is read once in 30 seconds by an isolate, and its use is noted at most once a minute", async () => {
    const { id, token } = await minted(["agents:run"]);
    const here = isolate();
    const use = () => here("GET", "/me", undefined, bearer(token));
    const noted = () =>
      env.DB.prepare("select last_used_at from service_accounts where account_id = ?")
        .bind(id)
        .first<number>("last_used_at");
    d1.forget();
    for (let n = 0; n < 5; n++) await use();
    expect(d1.operations.map(({ isRead }) => (isRead ? "read" : "write"))).toEqual(["read", "write"]);
    const first = await noted();
    expect(first).not.toBeNull();
    clock.forward(40);
    await use();
    expect(await noted()).toBe(first);
    clock.forward(21);
    await use();
    expect(await noted()).toBeGreaterThan(first ?? 0);
    // Another isolate does not note it again within the minute.
    const after = await noted();
    clock.forward(30);
    await isolate()("GET", "/me", undefined, bearer(token));
    expect(await noted()).toBe(after);
  });

  it("that cannot be one, or is unknown, is refused in the same words", async () => {
    for (const token of ["es_pat_", "es_pat_x", `es_pat_${"x".repeat(43)}`, `es_pat_${"x".repeat(44)}`, "es_pat_ä"]) {
      expect([token, ...refusalOf(await me(encodeURI(token)))]).toEqual([token, ...REFUSED]);
    }
  });

  it("is not told where D1 does not say that it is stored", async () => {
    const name = `m-${newId()}`;
    d1.always(
      ({ statements }) => statements.some(({ sql }) => sql.startsWith('insert into "service_accounts"')),
      unsent(),
    );
    const { status, body } = await call("POST", "/service-accounts", { name, scopes: granted("agents:run") }, key);
    expect([status, body.code, "token" in body]).toEqual([503, "database_unavailable", false]);
    d1.heal();
    expect((await call("POST", "/service-accounts", { name, scopes: granted("agents:run") }, key)).status).toBe(201);
  });
});
