/**
 * Rows and a journal as the server wrote them before it kept reasoning and what providers say beside the text, with what
 * it showed of them then (`earlier/*.json`). They were recorded, not made by hand: their ids and instants stay as they are.
 */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll } from "vitest";
import { z } from "zod";
import { agents, teams } from "../../src/agents/index.ts";
import type { Agent } from "../../src/domain/agent.ts";
import type { Team } from "../../src/domain/team.ts";
import { defineTool } from "../../src/domain/tool.ts";
import journal from "./earlier/journal.json";
import paused from "./earlier/paused.json";
import settled from "./earlier/settled.json";
import team from "./earlier/team.json";
import { killObjects, objectOf } from "./session-story.ts";

type Rows = Record<string, Record<string, unknown>[]>;

export interface Earlier {
  session_id: string;
  /** Whose run it is: `/agents/<id>` or `/teams/<id>`. */
  path: string;
  run_id: string;
  rows: Rows;
  /** What the session's object had on disk when it died. */
  journal?: Rows;
  /** What was answered then, as it came. `resumed` and `read` are by run id. */
  seen: {
    resumed: Record<string, string>;
    read: Record<string, string>;
    runs: string;
    messages: string;
    detail: string;
    exported: string;
  };
}

/** A run that called two tools, one of which failed, and one run behind it. */
export const SETTLED: Earlier = settled;
/** A run that waits for a person to confirm a call, beside one that ran. */
export const PAUSED: Earlier = paused;
/** A run of a team, one of whose members waits for a person. */
export const TEAM: Earlier = team;
/** A run that had called a tool, and whose model was answering when its object died. */
export const UNDER_WAY: Earlier = journal;

const put = (table: string, row: Record<string, unknown>) => {
  const columns = Object.keys(row);
  const sql = `insert into ${table} (${columns.join(", ")}) values (${columns.map(() => "?").join(", ")})`;
  return { sql, values: Object.values(row) };
};

/** Stores the rows and the journal, as if they had been there all the time. */
export async function restore({ session_id, rows, journal: kept }: Earlier): Promise<void> {
  const inserts = Object.entries(rows).flatMap(([table, some]) => some.map((row) => put(table, row)));
  await env.DB.batch(inserts.map(({ sql, values }) => env.DB.prepare(sql).bind(...values)));
  if (kept === undefined) return;
  await runInDurableObject(objectOf(session_id), (_object, { storage: { sql } }) => {
    sql.exec("CREATE TABLE journal (run_id TEXT PRIMARY KEY, entry TEXT NOT NULL) WITHOUT ROWID");
    sql.exec(
      "CREATE TABLE journal_facts (id INTEGER PRIMARY KEY, run_id TEXT NOT NULL, piece TEXT NOT NULL, is_last INTEGER NOT NULL)",
    );
    sql.exec("CREATE TABLE journal_reserved (run_id TEXT PRIMARY KEY, next_index INTEGER NOT NULL) WITHOUT ROWID");
    for (const [table, some] of Object.entries(kept)) {
      for (const row of some) {
        const { sql: insert, values } = put(table, row);
        sql.exec(insert, ...(values as SqlStorageValue[]));
      }
    }
  });
  // The next instance finds the journal when it begins.
  await killObjects();
}

const what = z.object({ what: z.string() });
const look = defineTool({ name: "look", description: "Looks.", parameters: what, execute: (given) => given.what });
const post = defineTool({
  name: "post",
  description: "Posts.",
  parameters: what,
  requiresConfirmation: true,
  execute: (given) => `posted ${given.what}`,
});
const naming = { after: 0 };

const AGENTS: Agent[] = [
  { id: "earlier-keeper", name: "Keeper", instructions: "Keep.", tools: [look, post], naming },
  { id: "earlier-ada", name: "Ada", instructions: "I am ada.", naming },
  { id: "earlier-bob", name: "Bob", instructions: "I am bob.", tools: [post], naming },
];
const DUO: Team = {
  id: "earlier-duo",
  name: "Duo",
  instructions: "I am leader.",
  mode: "coordinate",
  members: ["earlier-ada", "earlier-bob"],
  naming,
};

/** Registers whose runs they are, for one test file. */
export function registerEarlier(): void {
  const known = agents as Map<string, Agent>;
  const knownTeams = teams as Map<string, Team>;
  for (const agent of AGENTS) known.set(agent.id, agent);
  knownTeams.set(DUO.id, DUO);
  afterAll(() => {
    for (const { id } of AGENTS) known.delete(id);
    knownTeams.delete(DUO.id);
  });
}
