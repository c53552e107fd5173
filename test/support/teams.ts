/**
 * Teams of the tests. Every agent's instructions say who it is. By them a script knows who asks the model, however many
 * members speak at once.
 *
 * @example
 * const ada = member("ada");
 * const team = leading([ada]);
 * say(model, { leader: [[delegate(ada, "add")], "It is 3."], ada: ["3"] });
 * expect(lines(await streamTeam(team, "What is 1 + 2?", { session_id }))).toEqual(["TeamRunStarted", …, "Ada: RunStarted", …]);
 */
import { expect } from "vitest";
import type { Agent } from "../../src/domain/agent.ts";
import { DELEGATE_TO_MEMBER, DELEGATE_TO_MEMBERS, type Team } from "../../src/domain/team.ts";
import { testAgent, testTeam } from "./agents.ts";
import { type Answer, call, EventStream, type SentEvent, send } from "./http.ts";
import { type ChatRequest, isNaming, type Script, type ScriptedModel, type Step, toolCall } from "./scripted-model.ts";

const titled = (who: string): string => who.slice(0, 1).toUpperCase() + who.slice(1);

/** Registers an agent for one test that is called `Ada` and says `I am ada.`; answers its id. */
export const member = (who: string, fields: Partial<Agent> = {}): string =>
  testAgent({ name: titled(who), instructions: `I am ${who}.`, naming: { after: 0 }, ...fields });

/** Registers a team of these members for one test; its leader says `I am leader.` unless `who` is given. */
export const leading = (
  members: string[],
  { who = "leader", ...fields }: Partial<Team> & { who?: string } = {},
): string =>
  testTeam({
    name: titled(who),
    instructions: `I am ${who}.`,
    mode: "coordinate",
    naming: { after: 0 },
    members,
    ...fields,
  });

export const delegate = (member_id: string, task: string, options?: { id: string }): Step =>
  toolCall(DELEGATE_TO_MEMBER, { member_id, task }, options);
export const delegateToAll = (task: string): Step => toolCall(DELEGATE_TO_MEMBERS, { task });

/** Whose call this is, by the instructions in it. */
export function asking({ messages }: ChatRequest): string {
  const system = messages.find(({ role }) => role === "system")?.content ?? "";
  return /^I am (\S+)\.$/m.exec(system)?.[1] ?? "nobody";
}

/** The calls that this member or leader made. */
export const callsOf = (model: ScriptedModel, who: string) =>
  model.calls.filter(({ request }) => !isNaming(request) && asking(request) === who);

/** Scripts what each member or leader says, answer by answer. A call for which nothing is left fails. */
export function say(model: ScriptedModel, scripts: Record<string, Script[]>): void {
  const left = new Map(Object.entries(scripts).map(([who, some]) => [who, [...some]]));
  model.respondWith((request) => {
    if (isNaming(request)) return "Scripted Session Name";
    const script = left.get(asking(request))?.shift();
    if (script === undefined) throw new Error(`Nothing is left for ${asking(request)} to say.`);
    return script;
  });
}

interface Options {
  session_id: string;
  user_id?: string;
  session_state?: unknown;
  on_busy?: string;
  key?: string;
}

const keyed = (key: string | undefined): Record<string, string> =>
  key === undefined ? {} : { "Idempotency-Key": key };

export function runTeam(team: string, message: string, { key, ...fields }: Options): Promise<Answer> {
  return call("POST", `/teams/${team}/runs`, { message, stream: false, ...fields }, keyed(key));
}

export async function openTeam(team: string, message: string, { key, ...fields }: Options): Promise<EventStream> {
  return opened(await send("POST", `/teams/${team}/runs`, { message, stream: true, ...fields }, keyed(key)));
}

export const streamTeam = async (team: string, message: string, options: Options): Promise<SentEvent[]> =>
  (await openTeam(team, message, options)).rest();

/** What a caller knows of a run of a team. */
export interface Seen {
  team: string;
  runId: string;
  session_id: string;
}

const runPath = ({ team, runId }: Seen): string => `/teams/${team}/runs/${runId}`;

export const readTeamRun = (seen: Seen): Promise<Answer> =>
  call("GET", `${runPath(seen)}?session_id=${seen.session_id}`);
export const cancelTeam = (seen: Seen): Promise<Answer> =>
  call("POST", `${runPath(seen)}/cancel?session_id=${seen.session_id}`);

/** Answers the requirements of a RunPaused; each has what is said to it. */
export function answerTeam(seen: Seen, requirements: object[], fields: object = {}): Promise<Answer> {
  const body = { session_id: seen.session_id, requirements, stream: false, ...fields };
  return call("POST", `${runPath(seen)}/continue`, body);
}

export async function continueTeam(seen: Seen, requirements: object[]): Promise<SentEvent[]> {
  const body = { session_id: seen.session_id, requirements, stream: true };
  return (await opened(await send("POST", `${runPath(seen)}/continue`, body))).rest();
}

/** The run's events behind the one that was seen last, without AgentOS's control events. */
export async function resumeTeam(seen: Seen, last?: number, component = "teams"): Promise<SentEvent[]> {
  const body = { session_id: seen.session_id, last_event_index: last };
  const stream = await opened(await send("POST", `/${component}/${seen.team}/runs/${seen.runId}/resume`, body));
  return (await stream.rest()).filter(({ id }) => !Number.isNaN(id));
}

async function opened(response: Response): Promise<EventStream> {
  expect(response.status, await (response.ok ? "" : response.clone().text())).toBe(200);
  return new EventStream(response);
}

/** The names of events, in order. An event of a member has the member's name before it. */
export const lines = (events: SentEvent[]): string[] =>
  events.map(({ event, data }) =>
    data.parent_run_id === undefined ? event : `${data.agent_name ?? data.team_name}: ${event}`,
  );

/** The events that the member or leader of this name told. */
export const toldBy = (events: SentEvent[], name: string): SentEvent[] =>
  events.filter(({ data }) => (data.agent_name ?? data.team_name) === name);

/** Events without the times of deltas: the log keeps one time for a whole segment, so a replay tells another one. */
export const comparable = (events: SentEvent[]) =>
  events.map(({ id, event, data }) => {
    const { created_at, ...fields } = data;
    return { id, event, fields: event.endsWith("RunContent") ? fields : { ...fields, created_at } };
  });

/** Expects that event indexes begin at `from` and leave out none, as for every reader of a run. */
export function expectNoGaps(events: SentEvent[], from = 0): void {
  expect(events.map(({ data }) => data.event_index)).toEqual(events.map((_event, nth) => from + nth));
  expect(events.map(({ id }) => id)).toEqual(events.map(({ data }) => data.event_index));
}
