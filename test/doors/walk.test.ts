import { beforeEach, describe, expect, it, vi } from "vitest";
import { SCOPES } from "../../src/domain/scope.ts";
import { bearer, key, secondsNow, tokenFor } from "../support/credentials.ts";
import { type DocumentedOperation, documentedOperations } from "../support/document.ts";
import { call, newId } from "../support/http.ts";
import { rowsNaming } from "../support/rows.ts";
import { scriptModel, toolCall } from "../support/scripted-model.ts";
import { type Aim, type Walked, walk } from "../support/walked-routes.ts";

// Every operation of the document is asked with every kind of credential, for what is Ada's. An operation that is added is
// walked without a line here.

const model = scriptModel();
const SECRET = "the secret of Ada";

beforeEach(() => {
  vi.spyOn(console, "info").mockReturnValue();
});

interface World {
  ada: string;
  ofAgent: Aim;
  ofTeam: Aim;
}

/** A session of Ada's with an agent, in which a run waits for her, one with a team, and a job of hers. */
async function adasWorld(): Promise<World> {
  const ada = `ada-${newId()}`;
  const token = bearer(await tokenFor(ada));
  const asking = async (path: string, session_id: string) => {
    const body = { message: SECRET, stream: false, session_id };
    const answer = await call("POST", path, body, token);
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    return answer.body;
  };
  const [session, team_session] = [`adas-${newId()}`, `adas-team-${newId()}`];
  model.respondWith(SECRET);
  await asking("/agents/operator/runs", session);
  const team = await asking("/teams/support/runs", team_session);
  model.next([toolCall("delete_record", { id: SECRET })]);
  const paused = await asking("/agents/operator/runs", session);
  expect(paused.status).toBe("PAUSED");
  const pinned = await call("POST", "/sessions/bulk", { action: "pin", session_ids: [session] }, token);
  expect(pinned.status).toBe(200);
  const common = { user_id: ada, job_id: pinned.body.job_id, q: "secret", ...COMPONENTS };
  return {
    ada,
    ofAgent: { ...common, session_id: session, run_id: paused.run_id },
    ofTeam: { ...common, session_id: team_session, run_id: team.run_id },
  };
}

const COMPONENTS = { agent_id: "operator", team_id: "support", message_index: "1" };
/** Ids that name nothing. */
const nothing = (): Aim => ({
  ...COMPONENTS,
  user_id: `nobody-${newId()}`,
  session_id: newId(),
  run_id: newId(),
  job_id: newId(),
  q: "secret",
});

const operations = await documentedOperations();
const closed = operations.filter(({ security }) => security?.length !== 0);
const scoped = closed.filter((operation) => operation["x-required-scopes"].length > 0);
const nameOf = ({ method, path }: DocumentedOperation) => `${method} ${path}`;

const aimAt = ({ path }: DocumentedOperation, { ofAgent, ofTeam }: World) =>
  path.startsWith("/teams/") ? ofTeam : ofAgent;

/** Asks all of them side by side, for what is Ada's. */
const asked = (some: readonly DocumentedOperation[], world: World, headers: Record<string, string> = {}) =>
  Promise.all(
    some.map(async (operation) => ({ operation, ...(await walk(operation, aimAt(operation, world), headers)) })),
  );

const detailOf = ({ text }: Walked): unknown => JSON.parse(text).detail;
const shown = ({ operation, ...walked }: Awaited<ReturnType<typeof asked>>[number]) => [
  nameOf(operation),
  walked.status,
  detailOf(walked),
];
const allAre = (some: readonly DocumentedOperation[], status: number, detail: string) =>
  some.map((operation) => [nameOf(operation), status, detail]);

/** A token of somebody else's that holds these scopes. */
const holding = async (scopes: readonly string[]) => bearer(await tokenFor(`bob-${newId()}`, { scopes }));
/** All scopes that an end user may have. Others are staff's: the audit, and whoever calls, tell of everybody. */
const CONFINED = SCOPES.filter((scope) => !/^(users|audit|service_accounts|client_tokens):/.test(scope));

/** Whether one of the scopes is enough. Otherwise each is needed. */
const takesAny = ({ description }: DocumentedOperation) => /Needs `[^`]+` or `/.test(description);
/** Which scopes to leave out, so that the operation is refused: each by itself, or all of them. */
const lacking = (operation: DocumentedOperation): string[][] => {
  const needed = operation["x-required-scopes"];
  return takesAny(operation) ? [needed] : needed.map((scope) => [scope]);
};
const REFUSALS =
  /^(?:Insufficient permissions\. Required scope\(s\): ([a-z_]+:[a-z]+)|Access denied to run this (?:agent|team))$/;

const world = await adasWorld();
const adas = [world.ada, world.ofAgent.session_id ?? "", world.ofTeam.session_id ?? ""];
/** A job of another's that names Ada's session holds nothing of hers. */
const rowsOfAda = async () =>
  (await rowsNaming(adas)).filter((row) => !row.startsWith("job_items ") || row.includes(world.ofAgent.job_id ?? ""));

describe("every operation", () => {
  it("declares its scopes, or that it is open", () => {
    expect(
      operations
        .filter(({ security }) => security?.length === 0)
        .map(({ path }) => path)
        .toSorted(),
    ).toEqual(["/", "/health", "/info"]);
    expect(closed.length).toBeGreaterThan(50);
    const unscoped = closed.filter((operation) => !scoped.includes(operation)).map(nameOf);
    expect(unscoped.filter((name) => name !== "GET /me")).toEqual([]);
  });

  // case 40
  it("is refused to who shows nothing, garbage, or a token that is over, and Ada's rows stay", async () => {
    const before = await rowsOfAda();
    expect(before.length).toBeGreaterThan(10);
    const expired = bearer(await tokenFor(world.ada, { exp: secondsNow() - 60 }));
    const ways: [headers: Record<string, string>, detail: string, challenge: string][] = [
      [{}, "Authorization header missing", "Bearer"],
      [bearer("garbage"), "Invalid token: Not enough segments", 'Bearer error="invalid_token"'],
      [expired, "Token has expired", 'Bearer error="invalid_token"'],
    ];
    for (const [headers, detail, challenge] of ways) {
      const answers = await asked(closed, world, headers);
      expect(answers.map(shown)).toEqual(allAre(closed, 401, detail));
      expect(new Set(answers.map((answer) => answer.headers.get("WWW-Authenticate")))).toEqual(new Set([challenge]));
    }
    expect(await rowsOfAda()).toEqual(before);
  });

  // case 40
  it("is refused to who lacks one of its scopes, in words that name one, and Ada's rows stay", async () => {
    const before = await rowsOfAda();
    const asks = scoped.flatMap((operation) => lacking(operation).map((left) => ({ operation, left })));
    const refusals = await Promise.all(
      asks.map(async ({ operation, left }) => {
        const headers = await holding(SCOPES.filter((scope) => !left.includes(scope)));
        const answer = await walk(operation, aimAt(operation, world), headers);
        const [, named] = REFUSALS.exec(String(detailOf(answer))) ?? ["", "none"];
        return [nameOf(operation), answer.status, named === undefined || left.includes(named)];
      }),
    );
    expect(refusals).toEqual(asks.map(({ operation }) => [nameOf(operation), 403, true]));
    // Ada herself needs them as anybody does.
    const herself = await asked(scoped, world, bearer(await tokenFor(world.ada, { scopes: [] })));
    expect(herself.filter(({ status }) => status !== 403).map(shown)).toEqual([]);
    expect(await rowsOfAda()).toEqual(before);
  });

  // case 49, case 53
  it("shows and changes nothing of Ada's to another user, and answers as if it were not there", async () => {
    const before = await rowsOfAda();
    const calls = model.calls.length;
    const asBob = async (operation: DocumentedOperation, aim: Aim) => walk(operation, aim, await holding(CONFINED));
    const answers = await Promise.all(closed.map((operation) => asBob(operation, aimAt(operation, world))));
    const ofNothing = await Promise.all(closed.map((operation) => asBob(operation, nothing())));
    const told = closed.map((operation, nth) => {
      const [{ status, text } = { status: 0, text: "" }, other] = [answers[nth], ofNothing[nth]];
      const begins = BEGUN[operation.operationId];
      const isAlike =
        begins === undefined
          ? status === other?.status && anonymous(text) === anonymous(other.text)
          : status === begins.status && JSON.parse(text).detail === begins.detail;
      return { name: nameOf(operation), isAlike, status, text, other: other?.text };
    });
    expect(told.filter((one) => !one.isAlike || one.status >= 500 || one.text.includes(SECRET))).toEqual([]);
    expect(JSON.stringify(model.calls.slice(calls).map(({ request }) => request))).not.toContain(SECRET);
    expect(await rowsOfAda()).toEqual(before);
  });

  // case 40
  it("takes an agent's or a team's own scope for that one, and the scope of one session for none", async () => {
    const missing = nothing();
    const narrowed = (id: Record<string, string>) =>
      SCOPES.map((scope) => {
        const [resource = "", action] = scope.split(":");
        return `${resource}:${id[resource] ?? "x"}:${action}`;
      });
    const ofThem = await holding(narrowed({ agents: "operator", teams: "support" }));
    const ofOthers = await holding(narrowed({ agents: "assistant", teams: "other" }));
    const isOfComponent = ({ path }: DocumentedOperation) => /^\/(agents|teams)/.test(path);
    const isList = ({ path }: DocumentedOperation) => path === "/agents" || path === "/teams";
    const answers = await Promise.all(
      scoped.map(async (operation) => [
        nameOf(operation),
        (await walk(operation, missing, ofThem)).status === 403,
        (await walk(operation, missing, ofOthers)).status === 403,
      ]),
    );
    expect(answers).toEqual(
      scoped.map((operation) => [nameOf(operation), !isOfComponent(operation), !isList(operation)]),
    );
  });

  // case 40
  it("lets in the key and who has the admin scope, who read all of Ada's", async () => {
    const admin = bearer(await tokenFor("root", { scopes: ["agent_os:admin"] }));
    for (const headers of [key, admin]) {
      const answers = await Promise.all(closed.map((operation) => walk(operation, nothing(), headers)));
      const refused = answers.flatMap(({ status }, nth) =>
        status === 401 || status === 403 || status >= 500 ? [[closed[nth]?.path, status]] : [],
      );
      expect(refused).toEqual([]);
      const reads = closed.filter(({ method }) => method === "GET");
      const read = await asked(reads, world, headers);
      const unread = read
        .filter(({ status }) => status !== 200 && status !== 204)
        .map(({ operation, status }) => [nameOf(operation), status]);
      expect(unread).toEqual(
        NOT_HERS.map((name) => [name, 404]).filter(([name]) => reads.some((one) => nameOf(one) === name)),
      );
    }
  });
});

/** What the same request would begin if there were nothing of that id. What it says instead. */
const BEGUN: Record<string, { status: number; detail: string }> = {
  create_agent_run: { status: 404, detail: "Session not found" },
  create_team_run: { status: 404, detail: "Session not found" },
  send_agent_chat: { status: 404, detail: "Session not found" },
  send_team_chat: { status: 404, detail: "Session not found" },
  create_session: {
    status: 409,
    detail:
      "Could not create a session with the supplied session_id. Omit session_id to have one generated, or choose a different one.",
  },
};

/** Ada has a job, but no naming job. */
const NOT_HERS = ["GET /naming-jobs/{job_id}", "GET /naming-jobs/{job_id}/items"];

/** An answer without ids and instants. */
const anonymous = (text: string): string =>
  text
    .replaceAll(/(?:adas?|nobody)-(?:team-)?[0-9a-f-]{36}|[0-9a-f]{8}-[0-9a-f-]{27}/g, "ID")
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z?/g, "TIME")
    .replaceAll(/"(\w+_(?:at|ms))":[\d.]+/g, '"$1":0');
