/** What is there in a case of `test/cases/agentos-auth.json`: agents and teams, sessions, runs and service accounts. */
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { z } from "zod";
import { agents, teams } from "../../src/agents/index.ts";
import type { Agent } from "../../src/domain/agent.ts";
import type { Team } from "../../src/domain/team.ts";
import { defineTool } from "../../src/domain/tool.ts";
import { answerOf, type Recorded } from "./agentos-cases.ts";
import { bearer, key, tokenFor } from "./credentials.ts";
import { call, newId } from "./http.ts";
import { lastUser, type Responder, toolCall } from "./scripted-model.ts";

/** What a case's placeholders stand for. */
export type Things = Record<string, string>;

const COMPONENTS = {
  agent_id: "recorded",
  other_id: "recorded-2",
  team_id: "recorded-t",
  other_team_id: "recorded-t2",
};

const tool = (name: string, waits: object = {}) =>
  defineTool({
    name,
    description: `Does ${name}.`,
    parameters: z.object({}),
    requiresConfirmation: true,
    ...waits,
    execute: () => "done",
  });
const tools = [tool("wipe"), tool("refund", { approvalType: "required" })];

/** Registers the two agents and two teams of each AgentOS. Returns what takes them away. */
export function registerComponents(): () => void {
  const { agent_id, other_id, team_id, other_team_id } = COMPONENTS;
  for (const id of [agent_id, other_id]) (agents as Map<string, Agent>).set(id, { id, name: id, tools });
  for (const id of [team_id, other_team_id]) {
    (teams as Map<string, Team>).set(id, { id, name: id, mode: "coordinate", members: [other_id], tools });
  }
  return () => {
    for (const id of Object.values(COMPONENTS)) {
      for (const all of [agents, teams]) (all as Map<string, unknown>).delete(id);
    }
  };
}

const CALLED: Record<string, string> = { "wait for a user": "wipe", "wait for staff": "refund" };

/** Calls the tool that a run's message asks for, once. */
export const callsTools: Responder = (request) => {
  const called = CALLED[lastUser(request)];
  return called === undefined || request.messages.at(-1)?.role === "tool" ? "Hello." : [toolCall(called, {})];
};

/** Does this with the security key, or as another caller, and expects that it works. */
async function seeded(path: string, body: object, headers = key): Promise<Record<string, unknown>> {
  const answer = await call("POST", path, body, headers);
  expect([answer.status < 300, answer.body.detail]).toEqual([true, undefined]);
  return answer.body;
}

/** A session with one run, by the component of the case's path; it waits where the case continues it. */
async function runFor({ request: { path }, given = "" }: Recorded): Promise<Things> {
  const component = path.includes("team") ? `/teams/${COMPONENTS.team_id}` : `/agents/${COMPONENTS.agent_id}`;
  const waits = given.includes("admin's approval") ? "wait for staff" : "wait for a user";
  const message = path.endsWith("/continue") || given.includes("paused") ? waits : "hi";
  const owner = given.includes("belongs to nobody") ? {} : { user_id: "ada" };
  const run = await seeded(`${component}/runs`, { message, stream: false, session_id: newId(), ...owner });
  const requirements = (run.requirements ?? []) as { tool_execution: object }[];
  const confirmed = requirements.map((one) => ({ ...one, tool_execution: { ...one.tool_execution, confirmed: true } }));
  return {
    session_id: String(run.session_id),
    run_id: String(run.run_id),
    requirements: JSON.stringify(confirmed),
    tools: JSON.stringify(confirmed.map(({ tool_execution }) => tool_execution)),
  };
}

async function sessionOf(owner: object): Promise<string> {
  return String((await seeded("/sessions", { session_id: newId(), ...owner })).session_id);
}

async function sessionsOfThree(): Promise<Things> {
  const [ada, bob] = [await sessionOf({ user_id: "ada" }), await sessionOf({ user_id: "bob" })];
  const nobody = await sessionOf({});
  return { "s-ada": ada, "s-bob": bob, "s-nobody": nobody, nobody };
}

interface Account {
  id: string;
  token: string;
}
const scopesOf = (...scopes: string[]) => scopes.map((scope) => ({ scope }));

/** A service account with these scopes, made by this user. */
async function account(name: string, by: string, ...scopes: string[]): Promise<Account> {
  const admin = bearer(await tokenFor(by, { scopes: ["agent_os:admin"] }));
  const body = { name, scopes: scopesOf(...scopes), allow_privileged_scopes: true };
  const { id, token } = await seeded("/service-accounts", body, admin);
  return { id: String(id), token: String(token) };
}
const revoked = async (one: Account): Promise<Account> => {
  expect((await call("DELETE", `/service-accounts/${one.id}`, undefined, key)).status).toBe(204);
  return one;
};

/** The accounts that are listed or revoked; `{id}` is the one that the case is about. */
async function listedAccounts({ name, given = "" }: Recorded): Promise<Things> {
  if (given.includes("ops-ci")) {
    const [ops, eve] = [await account("ops-ci", "ops", "agents:run"), await account("eve-ci", "eve", "agents:run")];
    await account("root-ci", "root", "agents:run");
    return { id: name.includes("own") ? ops.id : eve.id };
  }
  if (name === "list: none there") return {};
  await account("one", "root", "agents:run");
  const two = await revoked(await account("two", "root", "agents:run"));
  const three = await account("three", "root", "agents:run");
  return { id: name === "revoke: one that is revoked" ? two.id : three.id };
}

/** The account whose token is used, and a session of ada. */
async function usedAccount(one: Recorded): Promise<Things> {
  const user: unknown = answerOf(one).body?.user_id;
  const name = String(user ?? "").startsWith("sa:") ? String(user).slice(3) : "used";
  const scopes = () => {
    if (one.name.includes("admin account")) return ["agent_os:admin"];
    if (one.name.startsWith("mint: ")) return ["service_accounts:write", "agents:run"];
    return ["agents:run", "sessions:read", `agents:${COMPONENTS.agent_id}:read`];
  };
  const used = await account(one.name.startsWith("mint: ") ? "minter" : name, "root", ...scopes());
  if (one.name === "use: revoked") await revoked(used);
  if (one.name === "use: expired") await env.DB.prepare("update service_accounts set expires_at = 1").run();
  const ada = await sessionOf({ user_id: "ada" });
  if (one.name.includes("unknown")) return { pat: "es_pat_unknown", ada };
  return { pat: one.name === "use: the prefix alone" ? "es_pat_" : used.token, ada };
}

const isListed = ({ name, given }: Recorded) =>
  /^(list: |revoke: |one account|PATCH is)/.test(name) || given?.includes("ops-ci") === true;

/** Makes what a case needs. */
export async function makeThings(one: Recorded): Promise<Things> {
  const named = JSON.stringify(one.request);
  const isOfAccounts = /^(list: |revoke: |use: |mint: |one account|PATCH is)/.test(one.name);
  if (isOfAccounts) await env.DB.prepare("delete from service_accounts").run();
  return {
    ...COMPONENTS,
    name: `n-${newId()}`,
    approval_id: newId(),
    ...(/\{(session_id|run_id)\}/.test(named) && (await runFor(one))),
    ...(one.given?.includes("s-nobody nobody's") && (await sessionsOfThree())),
    ...(isListed(one) && (await listedAccounts(one))),
    ...(named.includes("{pat}") && (await usedAccount(one))),
  };
}

const filledText = (text: string, things: Things) =>
  text
    .replaceAll(/\{([a-z_-]+)\}/g, (whole, name: string) => things[name] ?? whole)
    .replaceAll(/\bs-(?:ada|bob)\b/g, (whole) => things[whole] ?? whole);

/** The same with the things of the case in place of placeholders. */
export const filled = <T>(value: T, things: Things): T =>
  JSON.parse(JSON.stringify(value), (_name, one) => (typeof one === "string" ? filledText(one, things) : one));
