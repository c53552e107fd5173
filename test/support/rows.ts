import { env } from "cloudflare:workers";

/** How many sessions, runs and messages D1 has. */
export async function countRows(): Promise<Record<string, number>> {
  const row = await env.DB.prepare(
    "SELECT (SELECT count(*) FROM sessions) AS sessions, (SELECT count(*) FROM runs) AS runs, (SELECT count(*) FROM messages) AS messages",
  ).first<Record<string, number>>();
  return row ?? {};
}

const NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?1)";

/**
 * Writes `count` completed runs of a session straight to D1, which is quicker than to run them. Each has a user's and
 * an agent's message ("question 7", "answer 7"). Run n is `<session>-<n>`, created at second n of the epoch.
 */
export async function seedRuns(sessionId: string, count: number, answer = "'answer ' || i"): Promise<void> {
  if (count === 0) return;
  const message = (index: number, role: string, content: string) =>
    env.DB.prepare(
      `INSERT INTO messages (session_id, run_index, message_index, run_id, message_id, role, content, created_at)
       ${NUMBERS} SELECT ?2, i, ${index}, ?2 || '-' || i, '${role}-' || i, '${role}', ${content}, i * 1000 FROM n`,
    ).bind(count, sessionId);
  await env.DB.batch([
    env.DB.prepare(
      `INSERT INTO runs (run_id, session_id, run_index, position, agent_id, status, fence, input, input_messages, finish_reason, created_at, started_at, settled_at)
       ${NUMBERS} SELECT ?2 || '-' || i, ?2, i, 0, 'assistant', 'COMPLETED', 'seeded', 'question ' || i, 1, 'stop', i * 1000, i * 1000, i * 1000 FROM n`,
    ).bind(count, sessionId),
    message(0, "user", "'question ' || i"),
    message(1, "assistant", answer),
    env.DB.prepare("UPDATE sessions SET next_run_index = ?1, chat_messages = 2 * ?1 WHERE session_id = ?2").bind(
      count,
      sessionId,
    ),
  ]);
}

/** Writes `count` sessions of a user to D1, created in one millisecond: `<prefix>00000`, `<prefix>00001`, … */
export async function seedSessions(prefix: string, userId: string, count: number, createdAt = 1_000): Promise<void> {
  await env.DB.prepare(
    `INSERT INTO sessions (session_id, session_type, user_id, fence, created_at, updated_at)
     ${NUMBERS} SELECT ?2 || printf('%05d', i), 'agent', ?3, 'seeded', ?4, ?4 FROM n`,
  )
    .bind(count, prefix, userId, createdAt)
    .run();
}

/** The columns of each table, but for the search's own tables. They do not change, so they are read once. */
let tables: Promise<Map<string, string[]>> | undefined;

async function readTables(): Promise<Map<string, string[]>> {
  const { results } = await env.DB.prepare(
    "SELECT m.name AS tbl, c.name AS col FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name NOT LIKE '_cf_%' AND m.name NOT LIKE '%_search%' AND m.name NOT LIKE 'd1_%'",
  ).all<{ tbl: string; col: string }>();
  const byTable = Map.groupBy(results, ({ tbl }) => tbl);
  return new Map([...byTable].map(([table, columns]) => [table, columns.map(({ col }) => col)]));
}

/** The rows of all tables in which one of these texts stands, as text. */
export async function rowsNaming(texts: readonly string[]): Promise<string[]> {
  tables ??= readTables();
  // One text a statement: with more of them a condition would be deeper than D1 allows.
  const asked = [...(await tables)].flatMap(([table, columns]) => texts.map((text) => ({ table, columns, text })));
  // The database looks for them, because it also has the rows of all tests before this one.
  const found = await env.DB.batch(
    asked.map(({ table, columns, text }) => {
      const tells = columns.map((column) => `instr("${column}", ?1)`).join(" OR ");
      return env.DB.prepare(`SELECT * FROM "${table}" WHERE ${tells}`).bind(text);
    }),
  );
  const rows = found.flatMap(({ results }, nth) => results.map((row) => `${asked[nth]?.table} ${JSON.stringify(row)}`));
  return [...new Set(rows)].toSorted();
}
