import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { MAX_JOB_NAMES } from "../../../src/domain/job.ts";
import {
  MAX_COMPONENT_NAME_BYTES,
  MAX_FILTERED_ENTRY_BYTES,
  MAX_ID_CHARS,
  MAX_INSTRUCTIONS_BYTES,
  MAX_MESSAGE_BYTES,
  MAX_NAME_CODE_POINTS,
  MAX_PROVIDER_DATA_BYTES,
  MAX_QUOTED_BYTES,
  MAX_REASONING_EVENT_BYTES,
  MAX_ROW_BYTES,
  MAX_RUN_EVENT_BYTES,
  MAX_RUN_OUTPUT_BYTES,
  MAX_RUN_REASONING_BYTES,
  MAX_SHOWN_SCHEMA_BYTES,
  MAX_STATE_BYTES,
  MAX_SYSTEM_BYTES,
  MAX_TAG_CODE_POINTS,
  MAX_TAGS,
  MAX_TOKEN_MODELS,
  MAX_TOOL_CLAIMS_BYTES,
  MAX_TOOL_RESULT_BYTES,
} from "../../../src/domain/limits.ts";
import { MAX_SUMMARY_CODE_POINTS } from "../../../src/domain/session.ts";
import { defineTool } from "../../../src/domain/tool.ts";
import { MAX_WORDS_BYTES } from "../../../src/store/messages/message-docs.ts";
import { testAgent } from "../../support/agents.ts";
import { goOn, ran } from "../../support/continue.ts";
import { call, newId, run } from "../../support/http.ts";
import { answer, pausedRun, result, tools } from "../../support/paused-runs.ts";
import { gate, hold, scriptModel, text, toolCall } from "../../support/scripted-model.ts";
import { objectOf } from "../../support/session-story.ts";

/*
 * D1 refuses rows above 2 MB. The D1 of the tests takes larger ones, so these tests add up what each column takes at most.
 * Columns that share one limit stand together. Imported rows are not in these sums: the import measures each row by itself.
 */

const model = scriptModel();

const ID = 4 * MAX_ID_CHARS;
/** A word of a closed list, a digest, an id that the server makes, or an idempotency key. */
const WORD = 255;
const NAME = 4 * MAX_NAME_CODE_POINTS;
/** A name in the form in which it is searched. One character may unfold to several, but to no more than this. */
const UNFOLDED_NAME = 48 * NAME;
/** The id of a model. A deployer's agent names it, or an environment variable, which holds 5 KB. */
const MODEL = Math.max(MAX_COMPONENT_NAME_BYTES, 5 * 1024);
const METRICS = MAX_TOKEN_MODELS * (MAX_COMPONENT_NAME_BYTES + 400) + 4_000;
const SUMMARY = 4 * MAX_SUMMARY_CODE_POINTS + 16_000;
/** A run that has filled its log may still add the events that end it. */
const EVENTS = MAX_RUN_EVENT_BYTES + MAX_REASONING_EVENT_BYTES + SUMMARY + 16_000;
/** The call as its person is asked about it, with the text that the person fills in and what the model is told of that. */
const ASKED = 2 * MAX_TOOL_RESULT_BYTES + MAX_SHOWN_SCHEMA_BYTES + MAX_QUOTED_BYTES;
const TAG = 4 * MAX_TAG_CODE_POINTS;
const OWNER = 1 + 2 * ID;

/** `user:` and a user's id. */
const ACTOR = 5 + ID;

type Bound = [columns: string, bytes: number];

const TABLES: Record<string, Bound[]> = {
  sessions: [
    ["session_id", ID],
    ["session_type", WORD],
    ["agent_id", ID],
    ["team_id", ID],
    ["workflow_id", ID],
    ["component_id", ID],
    ["user_id", ID],
    ["name", NAME],
    ["name_source", WORD],
    ["name_details", MAX_STATE_BYTES],
    ["name_words", UNFOLDED_NAME],
    ["name_folded", UNFOLDED_NAME],
    // An import may bring a first message of this length.
    ["first_message", 3 * NAME],
    ["first_message_folded", UNFOLDED_NAME],
    ["session_state", MAX_STATE_BYTES],
    ["metadata", MAX_STATE_BYTES],
    ["summary", MAX_STATE_BYTES],
    ["last_message", MAX_STATE_BYTES],
    ["tags", MAX_TAGS * (TAG + 3) + 2],
    ["visibility", WORD],
    ["component_data", MAX_STATE_BYTES],
    ["metrics", MAX_STATE_BYTES + METRICS],
    ["forked_from_session_id", ID],
    ["fence", WORD],
  ],
  runs: [
    ["run_id", ID],
    ["session_id", ID],
    ["parent_run_id", ID],
    ["origin", 2 * MAX_QUOTED_BYTES + 3 * ID],
    ["agent_id", ID],
    ["team_id", ID],
    ["component_name", MAX_COMPONENT_NAME_BYTES],
    ["user_id", ID],
    ["status", WORD],
    ["fence", WORD],
    ["input", MAX_MESSAGE_BYTES],
    ["input_state", MAX_STATE_BYTES],
    ["model", MODEL],
    ["model_provider", WORD],
    ["model_name", WORD],
    ["session_cache", WORD],
    ["session_state", MAX_STATE_BYTES],
    ["metrics", METRICS],
    ["history_dropped", 2_000],
    // Only imported runs have it.
    ["metadata", 0],
    ["claims", MAX_TOOL_CLAIMS_BYTES],
    ["finish_reason", WORD],
    ["error", 4_000],
    ["events", EVENTS],
    ["idempotency_caller", WORD],
    ["idempotency_user", ID],
    ["idempotency_agent", 2 * ID + 1],
    ["idempotency_key", WORD],
    ["fields_digest", WORD],
  ],
  messages: [
    ["session_id", ID],
    ["run_id", ID],
    ["message_id", ID],
    ["role", WORD],
    ["system_text", WORD],
    // Either a system message, or a message that takes all of its run's output and has the text that a person filled in.
    [
      "content tool_calls tool_call_id tool_name tool_args",
      Math.max(MAX_SYSTEM_BYTES, MAX_INSTRUCTIONS_BYTES + SUMMARY, MAX_RUN_OUTPUT_BYTES + MAX_TOOL_RESULT_BYTES),
    ],
    ["reasoning_content", MAX_RUN_REASONING_BYTES],
    ["provider_source", 3 * NAME],
    ["provider_data", MAX_PROVIDER_DATA_BYTES],
    ["usage", 1_000],
  ],
  system_texts: [
    ["session_id", ID],
    ["text_id", WORD],
    ["component_id", ID],
    ["content", Math.max(MAX_SYSTEM_BYTES, MAX_INSTRUCTIONS_BYTES + SUMMARY)],
  ],
  requirements: [
    ["requirement_id", ID],
    ["session_id", ID],
    ["run_id", ID],
    ["member_run_id", ID],
    ["agent_id", ID],
    ["team_id", ID],
    ["component_name", MAX_COMPONENT_NAME_BYTES],
    ["user_id", ID],
    ["kind", WORD],
    ["status", WORD],
    // A call that may have run before its object died is asked about with all that it has. The person only confirms it.
    // Any other call is shorter.
    ["tool_call_id tool_name tool_args fields answer", Math.max(MAX_RUN_OUTPUT_BYTES + 1_000, ASKED)],
    ["note", WORD],
    ["answer_note", MAX_TOOL_RESULT_BYTES],
    ["answered_by", ID],
    ["actor", ACTOR],
    ["approval_type", WORD],
    ["on_expiry", WORD],
  ],
  continuations: [
    ["run_id", ID],
    ["caller", WORD],
    ["user_id", ID],
    ["key", WORD],
    ["session_id", ID],
    ["fields_digest", WORD],
  ],
  withdrawn_runs: [["run_id", ID]],
  run_usage: [
    ["user_id", ID],
    ["run_id", ID],
  ],
  service_accounts: [
    ["account_id", WORD],
    ["name", WORD],
    ["token_hash", WORD],
    ["token_prefix", WORD],
    ["scopes", MAX_STATE_BYTES],
    ["created_by", ACTOR],
  ],
  audit: [
    ["audit_id", WORD],
    ["actor", ACTOR],
    ["action", WORD],
    ["target", MAX_STATE_BYTES],
    ["before", MAX_STATE_BYTES],
    ["after", MAX_STATE_BYTES],
    ["metadata", MAX_STATE_BYTES],
  ],
  session_labels: [
    ["session_id", ID],
    ["label", 1 + Math.max(TAG, MAX_FILTERED_ENTRY_BYTES)],
  ],
  message_docs: [
    ["session_id", ID],
    ["owner", OWNER],
    ["words", MAX_WORDS_BYTES],
  ],
  name_docs: [
    ["session_id", ID],
    ["owner", OWNER],
    ["words", UNFOLDED_NAME],
  ],
  walks: [
    ["name", WORD],
    ["session_id", ID],
  ],
  jobs: [
    ["job_id", WORD],
    ["kind", WORD],
    ["user_id", ID],
    ["params", MAX_JOB_NAMES * (NAME + 3) + 2 * MAX_TAGS * (TAG + 3) + 2 * NAME],
    ["status", WORD],
    ["stop_reason", WORD],
    ["idempotency_caller", WORD],
    ["idempotency_user", ID],
    ["idempotency_key", WORD],
    ["fields_digest", WORD],
  ],
  job_items: [
    ["job_id", WORD],
    ["session_id", ID],
    ["status", WORD],
    ["outcome", WORD],
    ["reason", WORD],
    ["error", 4_000],
  ],
};

/** The tables of a session's object. The journal cuts a fact into pieces of 256 K characters. */
const OBJECT_TABLES: Record<string, Bound[]> = {
  journal: [
    ["run_id", ID],
    // An entry holds the head of a run with its origin and state. Or it holds what has to be taken back: a log, as JSON
    // within JSON.
    ["entry", Math.max(2 * MAX_QUOTED_BYTES + 2 * MAX_STATE_BYTES + 16_000, 2 * EVENTS + 100_000)],
  ],
  journal_facts: [
    ["run_id", ID],
    ["piece", 3 * 256 * 1024],
  ],
  journal_reserved: [["run_id", ID]],
};

/** Pages of a full-text index. Whatever the index holds, none is as large as 64 KB. */
const OF_THE_INDEX = /^(message|name)_search_(data|idx|config)$/;
const OF_THE_PLATFORM = /^(_cf_|d1_|sqlite_)/;

interface Column {
  name: string;
  type: string;
}

const textColumns = (columns: Column[]): string[] =>
  columns.flatMap(({ name, type }) => (/^(integer|real)$/i.test(type) ? [] : [name])).sort();
const boundColumns = (bounds: Bound[]): string[] => bounds.flatMap(([columns]) => columns.split(" ")).sort();
const largest = (bounds: Bound[], columns: Column[]): number =>
  bounds.reduce((sum, [, bytes]) => sum + bytes, 9 * columns.length);

async function rowsOf<Row>(sql: string): Promise<Row[]> {
  return (await env.DB.prepare(sql).all<Row>()).results;
}

async function tablesOfD1(): Promise<string[]> {
  const tables = await rowsOf<{ name: string }>("select name from sqlite_master where type = 'table'");
  const virtual = ["message_search", "name_search"];
  return tables
    .map(({ name }) => name)
    .filter((name) => !OF_THE_PLATFORM.test(name) && !OF_THE_INDEX.test(name) && !virtual.includes(name));
}

const columnsOf = (table: string) => rowsOf<Column>(`select name, type from pragma_table_info('${table}')`);

/** How many bytes the columns of each limit take together in the largest row of the table. */
async function measured(table: string): Promise<[columns: string, bytes: number, bound: number][]> {
  const bounds = TABLES[table] ?? [];
  const sums = bounds.map(([columns], nth) => {
    const bytes = columns.split(" ").map((name) => `ifnull(octet_length("${name}"), 0)`);
    return `ifnull(max(${bytes.join(" + ")}), 0) as b${nth}`;
  });
  const [row] = await rowsOf<Record<string, number>>(`select ${sums.join(", ")} from ${table}`);
  return bounds.map(([columns, bound], nth) => [`${table}.${columns}`, row?.[`b${nth}`] ?? 0, bound]);
}

describe("the largest row of a table", () => {
  it("is known for every table, by every column that holds text", async () => {
    expect((await tablesOfD1()).sort()).toEqual(Object.keys(TABLES).sort());
    for (const [table, bounds] of Object.entries(TABLES)) {
      const columns = await columnsOf(table);
      expect([table, boundColumns(bounds)]).toEqual([table, textColumns(columns)]);
      expect(largest(bounds, columns), table).toBeLessThan(MAX_ROW_BYTES);
    }
  });

  it("is known for every table of a session's object, while a run of the largest kind is under way", async () => {
    const first = await ran("older", newId());
    const point = gate();
    model.next([text("x".repeat(300_000)), hold(point)]);
    const input = "\u0001".repeat(Math.floor(MAX_QUOTED_BYTES / 6) - 1);
    const going = goOn(first, { fork: true, input });
    await point.reached();
    const found = await runInDurableObject(objectOf(first.session_id), (_object, { storage: { sql } }) =>
      sql
        .exec<{ name: string }>("select name from sqlite_master where type = 'table'")
        .toArray()
        .filter(({ name }) => !OF_THE_PLATFORM.test(name))
        .map(({ name }) => {
          const columns = sql.exec<{ name: string; type: string }>(
            `select name, type from pragma_table_info('${name}')`,
          );
          const sizes = (OBJECT_TABLES[name] ?? []).map(([column, bound]) => {
            const [row] = sql.exec<{ bytes: number }>(
              `select ifnull(max(octet_length(${column})), 0) as bytes from ${name}`,
            );
            return { column, bytes: Number(row?.bytes), bound };
          });
          return { name, columns: [...columns].map((column) => ({ ...column })), sizes };
        }),
    );
    expect(found.map(({ name }) => name).sort()).toEqual(Object.keys(OBJECT_TABLES).sort());
    for (const { name, columns, sizes } of found) {
      const bounds = OBJECT_TABLES[name] ?? [];
      expect([name, boundColumns(bounds)]).toEqual([name, textColumns(columns)]);
      expect(largest(bounds, columns), name).toBeLessThan(MAX_ROW_BYTES);
      for (const { column, bytes, bound } of sizes) expect(bytes, `${name}.${column}`).toBeLessThanOrEqual(bound);
    }
    expect(found.flatMap(({ sizes }) => sizes.map(({ bytes }) => bytes)).sort((a, b) => b - a)[0]).toBeGreaterThan(
      250_000,
    );
    point.release();
    expect((await going).body.status).toBe("COMPLETED");
  });
});

describe("what the routes take at most", () => {
  const STATE = { text: "s".repeat(MAX_STATE_BYTES - 20) };
  const QUOTED = "\u0001".repeat(Math.floor(MAX_QUOTED_BYTES / 6) - 1);
  const LONGEST_NAME = "\ufdfa".repeat(MAX_NAME_CODE_POINTS);
  const UNFOLDING = "\ufdfa".repeat(85_000);

  it("makes no row larger than that, whatever it unfolds to on its way into the database", async () => {
    const session_id = newId();
    const shout = defineTool({
      name: "shout",
      description: "",
      parameters: z.object({}).catchall(z.unknown()),
      execute: () => "x".repeat(300_000),
    });
    const read = defineTool({
      name: "read",
      description: "",
      parameters: z.object({ numbers: z.array(z.number()).optional(), paper: z.string().optional() }),
      requiresUserInput: ["paper"],
      execute: ({ paper = "" }) => paper,
    });
    const sign = defineTool({ name: "sign", description: "", parameters: z.object({}), externalExecution: true });
    const agent = testAgent({
      instructions: "i".repeat(MAX_INSTRUCTIONS_BYTES),
      tools: [shout, read, sign],
      naming: { after: 0 },
    });
    const first = await ran(UNFOLDING, session_id, agent);
    // Each of these numbers has 21 digits as JSON.
    const numbers = (count: number) => `{"numbers":[${Array.from({ length: count }, () => "1e20").join()}]}`;
    model.next([toolCall("shout", numbers(150_000))]);
    const tooMany = await run("shout", { session_id, agent, session_state: STATE });
    expect(tooMany.body).toMatchObject({ status: "COMPLETED", finish_reason: "length" });
    model.next([toolCall("shout", numbers(40_000))], [toolCall("shout", {})], "Shouted.");
    await run("again", { session_id, agent });

    const again = await goOn(first, { regenerate: true, additional_instructions: QUOTED });
    await goOn({ ...first, run_id: again.body.run_id }, { fork: true, input: QUOTED });
    await call("POST", `/agents/${agent}/sessions/${session_id}/fork`);

    model.next([toolCall("read", numbers(20_000))], "Refused.");
    expect((await run("read on", { session_id, agent })).body).toMatchObject({
      status: "COMPLETED",
      content: "Refused.",
    });
    model.next([toolCall("read", numbers(9_000)), toolCall("sign", {}), toolCall("sign", {})]);
    const paused = await pausedRun("read", { session_id, agent });
    const filled = { user_input_schema: [{ name: "paper", value: "p".repeat(50_000) }] };
    const note = { confirmed: false, confirmation_note: "n".repeat(MAX_TOOL_RESULT_BYTES) };
    const tooLong = await answer(paused, tools(paused, filled, result("\u0001".repeat(100_000)), note));
    expect([tooLong.status, tooLong.body.code]).toEqual([413, "payload_too_large"]);
    model.next("Read.");
    const answered = await answer(paused, tools(paused, filled, result("\u0001".repeat(60_000)), note));
    expect(answered.body.status).toBe("COMPLETED");

    await call("PATCH", `/sessions/${session_id}`, {
      session_name: LONGEST_NAME,
      metadata: { ...STATE, [`k${"é".repeat(40)}`]: "v" },
      summary: { summary: "s".repeat(MAX_STATE_BYTES - 40) },
      tags: Array.from({ length: MAX_TAGS }, (_, nth) => `${nth}${"\u{1f600}".repeat(MAX_TAG_CODE_POINTS - 2)}`),
    });
    const names = Array.from({ length: MAX_JOB_NAMES }, () => ({
      session_id: newId(),
      session_name: "\u{1f600}".repeat(MAX_NAME_CODE_POINTS),
    }));
    expect((await call("POST", "/sessions/bulk", { action: "rename", names })).status).toBe(202);

    const sizes = (await Promise.all(Object.keys(TABLES).map(measured))).flat();
    for (const [column, bytes, bound] of sizes) expect(bytes, column).toBeLessThanOrEqual(bound);
    // The largest rows must come near to their bounds. Otherwise this test has not tried the limits.
    const near = Object.fromEntries(sizes.map(([column, bytes]) => [column, bytes]));
    expect(near["runs.origin"]).toBeGreaterThan(MAX_QUOTED_BYTES);
    expect(near["message_docs.words"]).toBeGreaterThan(MAX_WORDS_BYTES - 100);
    expect(near["jobs.params"]).toBeGreaterThan(MAX_JOB_NAMES * NAME);
    expect(near["requirements.tool_call_id tool_name tool_args fields answer"]).toBeGreaterThan(350_000);
    const [pages] = await rowsOf<{ bytes: number }>("select max(length(block)) as bytes from message_search_data");
    expect(pages?.bytes).toBeLessThan(64 * 1024);
  });
});
