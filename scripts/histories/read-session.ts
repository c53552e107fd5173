import { type Answer, call } from "./calls.ts";
import { cellsOf, type SessionJson, snapshotOf } from "./cells.ts";
import type { World } from "./client.ts";
import { TAGS } from "./operations.ts";
import type {
  Clock,
  ListedCounts,
  Place,
  PromptMessage,
  Reading,
  ReadRequirement,
  ReadRun,
  SessionReading,
  SessionRecord,
  Verdict,
} from "./record.ts";
import { COMMON_WORD, tokenIn } from "./words.ts";

/** How long to wait for what happens by itself: runs that end, and messages of a fork that are indexed. */
const PATIENCE_MS = 30_000;
const POLL_MS = 100;
const STATUSES = ["open", "answered", "expired", "cancelled"] as const;

interface SessionDetail extends SessionJson {
  session_id: string;
  run_count: number;
  message_count: number;
  open_requirements: number;
}

interface MessageJson {
  role: string;
  content?: string;
  tool_call_id?: string;
  tool_calls?: { id: string; function: { name: string; arguments: string } }[];
}

interface RunJson {
  run_id: string;
  parent_run_id: string;
  status: string;
  run_input?: string;
  content: string;
  messages?: MessageJson[];
  events?: { event: string; tool?: { tool_call_id: string } }[];
  /** The server leaves these out where they are null. */
  forked_from_run_id?: string;
  forked_from_message_index?: number;
  forked_from_session_id?: string;
  regenerated_from?: string;
}

interface RequirementJson {
  id: string;
  run_id: string;
  session_id: string;
  status: string;
  note: string | null;
  answer: Verdict | null;
  tool_execution: { tool_call_id: string; tool_name: string };
}

/** Reads all of a session through the API, once its runs are at rest. Throws if it cannot be read. */
export async function readSession(
  record: SessionRecord,
  epoch: number,
  { world, clock }: { world: World; clock: Clock },
): Promise<Reading> {
  const { sessionId, userId } = record;
  const get = async (path: string, query: Record<string, string> = {}) =>
    (await answered(`${world.url}${path}?${new URLSearchParams({ user_id: userId, ...query })}`)).json;
  await patiently(async () => ((await runsOf(get, sessionId)).every(isAtRest) ? true : null));
  const startedAt = clock.tick();
  const requirements = await requirementsOf(get);
  const list = (await get("/sessions", { archived: "all", limit: "100" })) as List;
  // Only one tag is looked up, another one each epoch. Reading takes more of an epoch's time than all operations.
  const tag = TAGS[epoch % TAGS.length] ?? TAGS[0];
  const tagged = (await get("/sessions", { archived: "all", limit: "100", tag })) as List;
  const byTag = { [tag]: tagged.data.some(({ session_id }) => session_id === sessionId) };
  const readOne = async (id: string): Promise<SessionReading> => {
    const item = list.data.find(({ session_id }) => session_id === id);
    if (item === undefined) throw new Error(`The list of ${userId} does not show session ${id}.`);
    const detail = await answered(`${world.url}/sessions/${id}?user_id=${userId}`);
    const shown = detail.json as SessionDetail;
    const runs = await runsOf(get, id);
    // Only the last run's own token is looked up. All other messages are found by the word that they have in common.
    const token = tokenIn(runs.at(-1)?.input ?? "");
    const foundTokens = token === null ? {} : { [token]: await found(get, id, token) };
    return {
      sessionId: id,
      snapshot: snapshotOf(detail.headers.get("ETag") ?? "", shown),
      runs,
      requirements: requirements.filter(({ session_id }) => session_id === id).map(readRequirement),
      listed: countsOf(item),
      detailed: countsOf(shown),
      listedSnapshot: cellsOf(item),
      found: await foundAll(get, id, runs),
      foundTokens,
    };
  };
  const own = await readOne(sessionId);
  const forks = [];
  for (const { session_id: id } of list.data) if (id !== sessionId) forks.push(await readOne(id));
  const userSessions = list.data.map(({ session_id }) => session_id);
  const userCount = list.meta.total_count;
  return { ...own, epoch, startedAt, endedAt: clock.tick(), forks, userSessions, userCount, byTag };
}

interface List {
  data: SessionDetail[];
  meta: { total_count: number };
}

type Get = (path: string, query?: Record<string, string>) => Promise<unknown>;

/** Reads again while the server refuses to answer. It may do so until it has landed what the kill left, but not for ever. */
async function answered(url: string): Promise<Answer> {
  let last = "";
  const answer = await patiently(async () => {
    const one = await call({ method: "GET", url });
    last = `${one.status} ${JSON.stringify(one.json)}`;
    return one.status < 500 ? one : null;
  });
  if (answer === null || answer.status !== 200) throw new Error(`GET ${url} answered ${last}`);
  return answer;
}

/** Looks again and again until there is something. Returns null if nothing comes in time. */
export async function patiently<T>(look: () => Promise<T | null>): Promise<T | null> {
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    const seen = await look();
    if (seen !== null || performance.now() > until) return seen;
    await new Promise((wake) => setTimeout(wake, POLL_MS));
  }
}

const isAtRest = ({ status }: ReadRun) => status !== "RUNNING" && status !== "PENDING";

async function runsOf(get: Get, sessionId: string): Promise<ReadRun[]> {
  return ((await get(`/sessions/${sessionId}/runs`)) as RunJson[]).map(readRun);
}

function readRun(run: RunJson): ReadRun {
  const { forked_from_run_id: from, regenerated_from, forked_from_session_id } = run;
  const how =
    forked_from_session_id !== undefined ? "copied" : regenerated_from !== undefined ? "regenerated" : "branched";
  return {
    runId: run.run_id,
    parentRunId: run.parent_run_id,
    status: run.status,
    input: run.run_input ?? "",
    content: run.content,
    messages: (run.messages ?? []).map(readMessage),
    events: (run.events ?? []).map(({ event, tool }) => (tool === undefined ? event : `${event} ${tool.tool_call_id}`)),
    from: from === undefined ? null : { runId: from, how, messages: run.forked_from_message_index ?? 0 },
  };
}

function readMessage({ role, content, tool_call_id, tool_calls }: MessageJson): PromptMessage {
  return {
    role,
    content: content ?? "",
    calls: (tool_calls ?? []).map(({ id, function: { name, arguments: args } }) => ({ id, name, arguments: args })),
    callId: tool_call_id ?? null,
  };
}

async function requirementsOf(get: Get): Promise<RequirementJson[]> {
  const all: RequirementJson[] = [];
  for (const status of STATUSES) {
    let cursor: string | null = "";
    while (cursor !== null) {
      const query: Record<string, string> = { status, limit: "100", ...(cursor !== "" && { cursor }) };
      const page = (await get("/requirements", query)) as {
        data: RequirementJson[];
        meta: { next_cursor: string | null };
      };
      all.push(...page.data);
      cursor = page.meta.next_cursor;
    }
  }
  return all;
}

const readRequirement = ({ id, run_id, status, note, answer, tool_execution }: RequirementJson): ReadRequirement => ({
  id,
  runId: run_id,
  callId: tool_execution.tool_call_id,
  tool: tool_execution.tool_name,
  status,
  note,
  answer,
});

const countsOf = ({ run_count, message_count, open_requirements }: SessionDetail): ListedCounts => ({
  runs: run_count,
  messages: message_count,
  openRequirements: open_requirements,
});

/** All that the search finds of the session. A fork is indexed after it is made, so its messages are waited for. */
async function foundAll(get: Get, sessionId: string, runs: readonly ReadRun[]): Promise<Place[]> {
  const expected = runs
    .flatMap(({ messages }) => messages)
    .filter(({ role, content }) => (role === "user" || role === "assistant") && content.includes(COMMON_WORD)).length;
  let places: Place[] = [];
  await patiently(async () => {
    places = await found(get, sessionId, COMMON_WORD);
    return places.length >= expected ? true : null;
  });
  return places;
}

async function found(get: Get, sessionId: string, word: string): Promise<Place[]> {
  const places: Place[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const query: Record<string, string> = { q: word, session_id: sessionId, limit: "100" };
    if (cursor !== "") query.cursor = cursor;
    const page = (await get("/search", query)) as {
      data: { run_id: string; message_index: number }[];
      meta: { next_cursor: string | null };
    };
    places.push(...page.data.map(({ run_id, message_index }) => `${run_id} ${message_index}`));
    cursor = page.meta.next_cursor;
  }
  return places;
}
