import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { answerOf, casesOf, deploymentOf, type Recorded, tokenOf } from "../support/agentos-cases.ts";
import { OTHERWISE, type Told } from "../support/agentos-otherwise.ts";
import { callsTools, filled, makeThings, registerComponents, type Things } from "../support/agentos-things.ts";
import { scriptModel } from "../support/scripted-model.ts";

// What AgentOS answers to who may do what is what this server answers: the status, the text of an error, and whose a thing is
// (cases 30, 40, 43 to 45, 49 to 56, 68, 85, 110). Where it does not, `agentos-otherwise.ts` says why. Tokens have a file
// of their own.

const model = scriptModel();
let takeAway = () => {};
beforeAll(() => {
  takeAway = registerComponents();
});
afterAll(() => takeAway());
beforeEach(() => model.respondWith(callsTools));

/** What `service-accounts.test.ts` compares (mints by a JWT), or breaks to show it: D1 away, and brakes, which `test/brakes/` reaches. */
const isElsewhere = ({ name, app, request }: Recorded) =>
  (name.startsWith("mint: ") && app === undefined && request.headers?.Authorization === undefined) ||
  name === "use: the database is away" ||
  / failure number | after 21 failures|the 31st/.test(name);

const GROUPS = ["cors", "info", "scopes", "unknown agent", "order", "isolation", "no identity", "key", "approval"];
const groups = [...GROUPS, "service account", "audit"].map((group) => ({
  group,
  cases: casesOf(group).filter((one) => !isElsewhere(one)),
}));
const cases = groups.flatMap((one) => one.cases);

let before: Things = {};
async function thingsOf(one: Recorded): Promise<Things> {
  if (one.given !== "after the case before") before = await makeThings(one);
  return before;
}

async function send(one: Recorded, things: Things): Promise<Response> {
  const { method, path, token, headers: own = {}, form, body } = filled(one.request, things);
  const app = one.app ?? "jwt";
  const headers = new Headers(token === undefined ? {} : { Authorization: `Bearer ${await tokenOf(token, app)}` });
  if (body !== undefined) headers.set("Content-Type", "application/json");
  for (const [name, value] of Object.entries(own)) headers.set(name, value);
  const sent = body === undefined ? form && new URLSearchParams(form) : JSON.stringify(body);
  return (await deploymentOf(app))(method, path, headers, sent);
}

// biome-ignore lint/suspicious/noExplicitAny: an answer's JSON
type Json = any;

/** An error's text, or of its list what AgentOS's has. */
const detailOf = (detail: Json) =>
  Array.isArray(detail) ? detail.map(({ type, loc, msg }: Json) => ({ type, loc, msg })) : detail;

const listOf = (body: Json): Json[] => (Array.isArray(body) ? body : (body.data ?? []));
const idOf = (item: Json): string =>
  item.principal === undefined ? (item.run_id ?? item.session_id ?? item.id) : item.name;
/** Names of service accounts, of which each case has its own only; of all else what is the case's. */
const isOfCase = (things: Things) => (item: Json) =>
  item.principal !== undefined || Object.values(things).includes(idOf(item));

/** Of what the server answers that of which AgentOS's answer tells. */
async function ours(response: Response, theirs: Told, things: Things): Promise<Told> {
  const text = await response.text();
  const isStream = response.headers.get("Content-Type")?.startsWith("text/event-stream");
  const names = isStream ? [...text.matchAll(/^event: (.*)$/gm)].map(([, name]) => name ?? "") : [];
  const body: Json = isStream || text === "" ? {} : JSON.parse(text);
  const all: Record<keyof Told, unknown> = {
    ...body,
    status: response.status,
    run_status: body.status,
    detail: detailOf(body.detail),
    ids: listOf(body).filter(isOfCase(things)).map(idOf),
    events: names.length > 1 ? [names[0], names.at(-1)] : names,
    headers: Object.fromEntries(Object.keys(theirs.headers ?? {}).map((name) => [name, response.headers.get(name)])),
  };
  const compared = new Set([...Object.keys(theirs), ...(body.detail === undefined ? [] : ["detail"])]);
  return Object.fromEntries([...compared].map((name) => [name, all[name as keyof Told]])) as unknown as Told;
}

/** What AgentOS answered, as far as it is compared. */
function theirsOf(one: Recorded): Told {
  const { status, body = {}, events, headers, text } = answerOf(one);
  const { user_id, session_id, ids, auth_mode, user_isolation } = body;
  const isOfRun = ["PAUSED", "COMPLETED"].includes(body.status);
  const told = {
    status,
    user_id,
    session_id,
    // What the recorder had made before, accounts such as `n290` and sessions, is in no case here.
    ids: ids?.some((id: string) => /^n\d+$/.test(id)) ? undefined : ids?.filter((id: string) => id !== "<id>"),
    auth_mode,
    user_isolation,
    // A refused preflight has no JSON there.
    detail: detailOf(body.detail ?? (status >= 400 ? text : undefined)),
    run_status: isOfRun ? body.status : undefined,
    events,
    headers,
  };
  return JSON.parse(JSON.stringify(told));
}

const ruleOf = (one: Recorded) => OTHERWISE.find(({ when }) => when(one));

/** The same request to an AgentOS that isolates users. */
const isolatedTwin = ({ name }: Recorded) =>
  cases.find(
    (one) => one.name === name.replace(", isolation off", "") || one.name === name.replace("isolation off", "isolated"),
  );

/** What this server answers: what the table says, or what AgentOS does. */
function expectedOf(one: Recorded): Told {
  const rule = ruleOf(one);
  if (rule === undefined) return theirsOf(one);
  if (rule.ours !== "isolated") return rule.ours;
  const twin = isolatedTwin(one);
  if (twin === undefined || twin === one) throw new Error(`${one.name} has no twin.`);
  return expectedOf(twin);
}

describe.each(groups)("$group, as AgentOS answers", (group) => {
  it.each(group.cases.map((one) => [one.name, one] as const))("%s", async (_name, one) => {
    const things = await thingsOf(one);
    const expected = filled(expectedOf(one), things);
    const got = await ours(await send(one, things), expected, things);
    expect(got).toEqual(expected);
  });
});

describe("the table of deviations", () => {
  it("has no reason that nothing needs", () => {
    const unused = OTHERWISE.filter((rule) => !cases.some((one) => ruleOf(one) === rule)).map(({ why }) => why);
    const same = cases.filter(
      (one) => ruleOf(one) !== undefined && JSON.stringify(expectedOf(one)) === JSON.stringify(theirsOf(one)),
    );
    expect({ unused, same: same.map(({ name }) => name) }).toEqual({ unused: [], same: [] });
  });
});
