import { beforeAll, describe, expect, it } from "vitest";
import { bearer, key, tokenFor } from "../support/credentials.ts";
import { watchD1 } from "../support/d1-faults.ts";
import { type DocumentedOperation, documentedOperations, filledPath } from "../support/document.ts";
import {
  AGENT_SESSION,
  BULK_JOB,
  COMMON,
  GROWN,
  grow,
  NAMING_JOB,
  NOTHING,
  OWNER,
  RARE,
  SMALL,
  secondOf,
  TEAM_SESSION,
} from "../support/grown-tables.ts";
import { send } from "../support/http.ts";
import { scriptModel } from "../support/scripted-model.ts";
import { killObjects } from "../support/session-story.ts";

// Each GET route is asked with each of its parameters, of a small deployment and of the same when it has grown. What D1 reads for
// an answer must not have grown with it. A new route is asked too; a new parameter fails by name until it has values here.

scriptModel();
const d1 = watchD1();

/** How many rows more a statement may read: the pages are not the same ones. A walk reads a thousand more. */
const SLACK = 200;

/** What is read whole, and not asked here: its rows are its answer. */
const WHOLE: Record<string, string> = {
  export_session: "an export is all there is",
  export_user: "an export is all there is",
  export_sessions: "an export is all there is",
  list_agent_runs: "AgentOS's list of a session's runs has no pages",
  list_team_runs: "AgentOS's list of a session's runs has no pages",
};

interface Growing {
  operations: readonly string[];
  /** The query that grows; none: each. */
  asked?: RegExp;
  /** The statement that grows; none: each. */
  sql?: RegExp;
  because: string;
}

/** What grows by design. An entry that excuses nothing fails, so that none outlives its reason. */
const GROWING: readonly Growing[] = [
  {
    operations: ["list_sessions"],
    sql: /^select count\(\*\) as "count"/,
    because: "the count of a page by number is exact up to 10,000",
  },
  { operations: ["list_sessions"], asked: /page=100/, because: "a page by number passes over those before it" },
  {
    operations: ["list_sessions"],
    asked: /type=workflow|session_name=harbour|has_open_requirements=false|component_id=nobody/,
    because: "what few pass, and what no index finds, is looked for by date in all sessions, or in the user's",
  },
  {
    operations: ["list_sessions"],
    asked: /tag=few|metadata=plan%3Anone|(created|updated)_(before|after)=/,
    because: "of a user the sessions are walked through by date, since a user has few",
  },
  {
    operations: ["list_session_runs", "get_session_run_previews"],
    asked: /^$/,
    because: "without a limit all runs are shown, of previews the newest 1,000",
  },
  {
    operations: ["list_session_runs", "get_session_run_previews"],
    asked: /status=|created_/,
    because: "a filter looks at all runs of the session, and brakes count them",
  },
  {
    operations: ["get_session_messages"],
    asked: /(agent|team)_id=/,
    because: "messages of an agent or a team that has few in the session are looked for in all of it",
  },
  {
    operations: ["list_requirements"],
    asked: /agent_id=nobody/,
    because: "of a user the requirements are walked through by date, and no index has the agent besides",
  },
  {
    operations: ["list_job_items", "list_naming_job_items"],
    asked: /outcome=/,
    because: "no index has the outcome of an item",
  },
  { operations: ["get_user_usage"], because: "what was used is the sum of the day's rows" },
  { operations: ["list_service_accounts"], because: "service accounts are made by hand: few are sorted and counted" },
];

/** What stands in the path of an operation, or must be in its query. */
function aimOf({ path }: DocumentedOperation): Record<string, string> {
  const session_id = path.startsWith("/teams") ? TEAM_SESSION : AGENT_SESSION;
  const job_id = path.startsWith("/naming") ? NAMING_JOB : BULK_JOB;
  const of = { agent_id: "assistant", team_id: "support", user_id: OWNER };
  return { session_id, job_id, ...of, run_id: `${session_id}-3`, message_index: "1", q: COMMON };
}

/** What a parameter is asked with, where the document lists no values: what much passes, and what little does. */
const VALUES: Record<string, readonly (string | number)[]> = {
  db_id: ["d1"],
  table: ["any"],
  component_id: ["assistant", "nobody"],
  session_name: [COMMON, RARE],
  tag: ["all", "few"],
  metadata: ["plan:pro", "plan:none"],
  pinned: ["true", "false"],
  has_open_requirements: ["true", "false"],
  unnamed: ["true", "false"],
  created_after: [secondOf(300), secondOf(1e6)],
  created_before: [secondOf(1e6), secondOf(3)],
  updated_after: [secondOf(300), secondOf(1e6)],
  updated_before: [secondOf(1e6), secondOf(3)],
  limit: [1, 20],
  page: [2, 100],
  sort_by: ["name", "expires_at"],
  sort_order: ["asc", "desc"],
  q: [COMMON, RARE, `${COMMON} ${RARE}`, "nowhere"],
  rank: ["newest", "relevance"],
  agent_id: ["assistant", "nobody"],
  team_id: ["support", "nobody"],
  session_id: [AGENT_SESSION],
  last_event_index: [0],
  last_n_runs: [1, 100],
  skip_history_messages: ["true", "false"],
  member_ids: ["nobody"],
  skip_member_messages: ["true", "false"],
  all: ["true"],
  include_revoked: ["true", "false"],
  user_id: [OWNER],
};

/** Where a page goes on: by what an answer's `meta` says of what is behind it, or by a run of the middle. */
const CURSORS = ["cursor", "before", "after"];
/** The lists whose cursors are of more than one kind. */
const CURSORED: Record<string, readonly string[]> = {
  list_sessions: ["", "sort_by=updated_at", "tag=all", `q=${COMMON}`, `q=${COMMON}&rank=relevance`],
  search_messages: ["", "rank=relevance"],
};
/** Each of these stands with each other parameter of the list, but for a search, which has an order of its own. */
const ORDERS: Record<string, readonly string[]> = { list_sessions: ["", "sort_by=updated_at"] };
const SEARCHING = ["q", "rank"];
/** Without it these show all that there is. */
const BOUNDS: Record<string, string> = {
  list_session_runs: "limit=20",
  get_session_run_previews: "limit=20",
  get_session_messages: "limit=20",
  get_session_chat_history: "limit=20",
};
/** Nothing but a search is put in order by relevance. */
const TOGETHER: Record<string, string> = { rank: `q=${COMMON}` };
const callers: Record<string, Record<string, string>> = {};

interface Question {
  caller: string;
  path: string;
  query: string;
}

type Parameter = DocumentedOperation["parameters"][number];

function valuesOf(operationId: string, { name, schema }: Parameter): readonly (string | number)[] {
  const { enum: listed, items } = schema as { enum?: string[]; items?: { enum?: string[] } };
  const values = listed ?? items?.enum ?? VALUES[name];
  if (values === undefined) throw new Error(`${operationId}: this test has no value for the parameter ${name}.`);
  return values;
}

async function questionsOf(operation: DocumentedOperation): Promise<Question[]> {
  const { operationId } = operation;
  const path = filledPath(operation.path, aimOf(operation));
  const parameters = operation.parameters.filter((parameter) => parameter.in === "query");
  const isNeeded = (parameter: Parameter) => parameter.required === true;
  const needed = parameters.filter(isNeeded).map(({ name }) => `${name}=${aimOf(operation)[name]}`);
  const queries = new Set([needed.join("&")]);
  const add = (...parts: (string | undefined)[]) => queries.add(parts.filter(Boolean).join("&"));
  for (const parameter of parameters) {
    const { name } = parameter;
    const bound = name === "limit" ? undefined : BOUNDS[operationId];
    const others = [...needed, bound].filter((one) => !one?.startsWith(`${name}=`));
    if (!CURSORS.includes(name)) {
      for (const value of valuesOf(operationId, parameter)) {
        for (const order of SEARCHING.includes(name) ? [""] : (ORDERS[operationId] ?? [""])) {
          add(...others, order, TOGETHER[name], `${name}=${encodeURIComponent(value)}`);
        }
      }
    } else {
      for (const kind of CURSORED[operationId] ?? [""]) {
        const behind = await placeIn(path, [...others, kind]);
        add(...others, kind, `${name}=${encodeURIComponent(behind ?? `${AGENT_SESSION}-500`)}`);
      }
    }
  }
  // What is in one session is read alike for both, but for its system messages.
  const isOfSession = path.includes(AGENT_SESSION) || path.includes(TEAM_SESSION);
  const asking = isOfSession && operationId !== "get_session_messages" ? ["user"] : Object.keys(callers);
  return asking.flatMap((caller) => [...queries].map((query) => ({ caller, path, query })));
}

/** Behind the first page of the small deployment: deep in the grown one. */
async function placeIn(path: string, query: (string | undefined)[]): Promise<string | undefined> {
  const answer = await send("GET", `${path}?${[...query, "limit=20"].filter(Boolean).join("&")}`, undefined, key);
  const { meta } = JSON.parse(await answer.text());
  return meta?.next_cursor ?? meta?.before;
}

/** By the text of a statement: the rows that D1 read for it. */
type Reads = Map<string, number>;

async function readsOf({ caller, path, query }: Question): Promise<Reads> {
  d1.forget();
  const answer = await send("GET", query === "" ? path : `${path}?${query}`, undefined, callers[caller]);
  await answer.arrayBuffer();
  // Some routes are closed to the user, and what is of another type is not there. No question may be one that is not understood.
  const may = caller === "user" ? [200, 204, 403, 404] : [200, 204, 404];
  if (!may.includes(answer.status)) throw new Error(`${caller} ${path}?${query} is answered ${answer.status}.`);
  const reads: Reads = new Map();
  for (const { sql, rowsRead } of d1.operations.flatMap(({ statements }) => statements)) {
    reads.set(sql, (reads.get(sql) ?? 0) + rowsRead);
  }
  return reads;
}

const operations = (await documentedOperations()).filter(
  ({ method, operationId }) => method === "GET" && !(operationId in WHOLE),
);
interface Asked {
  operation: string;
  question: Question;
  small: Reads;
  grown: Reads;
}
const all: Asked[] = [];

beforeAll(async () => {
  Object.assign(callers, { key, user: bearer(await tokenFor(OWNER)) });
  await grow(NOTHING, SMALL);
  for (const operation of operations) {
    for (const question of await questionsOf(operation)) {
      const small = await readsOf(question);
      all.push({ operation: operation.operationId, question, small, grown: new Map() });
    }
  }
  await grow(SMALL, GROWN);
  await killObjects();
  for (const asked of all) asked.grown = await readsOf(asked.question);
}, 120_000);

/** Each statement that read more, with how many rows it read. */
const grownIn = ({ small, grown }: Asked) =>
  [...grown]
    .map(([sql, after]) => ({ sql, before: small.get(sql) ?? 0, after }))
    .filter(({ before, after }) => after > before + SLACK);

const excuses = ({ operation, question: { query } }: Asked, sql: string) =>
  GROWING.filter(
    (one) => one.operations.includes(operation) && (one.asked?.test(query) ?? true) && (one.sql?.test(sql) ?? true),
  );

describe("what D1 reads for an answer does not grow with what is stored", () => {
  it.each(operations.map(({ operationId }) => operationId))("%s", (operation) => {
    const ofOperation = all.filter((asked) => asked.operation === operation);
    expect(ofOperation).not.toEqual([]);
    const found = ofOperation.flatMap((asked) =>
      grownIn(asked)
        .filter(({ sql }) => excuses(asked, sql).length === 0)
        .map(({ sql, before, after }) => {
          const { caller, path, query } = asked.question;
          return `${caller} ${path}?${query}: ${before} rows, then ${after}: ${sql}`;
        }),
    );
    expect(found).toEqual([]);
  });
});

it.each(GROWING)("of $operations $asked grows: $because", (entry) => {
  const excused = all.some((asked) => grownIn(asked).some(({ sql }) => excuses(asked, sql).includes(entry)));
  expect(excused).toBe(true);
});
