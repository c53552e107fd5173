/*
 * Sessions made inside SQLite, with one INSERT a table. They are as the product would have left them: counters, run indexes
 * and event logs fit, so that a run can go on from there. They have names, so that the server does not name them while it is
 * measured.
 */

/** A seeded run has two messages: what a user asked, and what the agent answered. */
const MESSAGES_PER_RUN = 2;
const QUESTION = "What did we say about the plan for the second week, and who was to write it down?";
const ANSWER = "We said that the plan stands as it is, and that everybody writes down a part of it. ".repeat(4);
const CREATED_AT = 1_760_000_000_000;
const MODEL_METRICS = { id: "bench", provider: "OpenAI" };
const COUNTS = { input_tokens: 100, output_tokens: 50, total_tokens: 150 };
const EVENTS = [
  ["S", 0],
  ["Q", 1],
  ["D", 5, ANSWER.length],
  ["A", 6],
  ["C", 6],
  ["X", 6],
];

/** Seeds `count` sessions with the ids `<prefix>-<n>` and `messages` messages each. Returns their ids. */
export async function seedSessions(db: D1Database, prefix: string, count: number, messages: number): Promise<string[]> {
  const runs = messages / MESSAGES_PER_RUN;
  const metrics = JSON.stringify({ ...COUNTS, details: { model: [{ ...COUNTS, ...MODEL_METRICS }] } });
  await db
    .prepare(
      `WITH RECURSIVE nth(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM nth WHERE n + 1 < ?1)
       INSERT INTO sessions (session_id, session_type, agent_id, component_id, name, name_source, name_version,
         name_updated_at, name_folded, first_message, first_message_folded, metrics, next_run_index, completed_runs,
         chat_messages, system_known, fence, created_at, updated_at)
       SELECT ?2 || '-' || n, 'agent', 'assistant', 'assistant', 'Session ' || n, 'manual', 1,
         ?3 + n, 'session ' || n, ?4, lower(?4), ?5, ?6, ?6,
         ?7, 1, 'seeded', ?3 + n, ?3 + n
       FROM nth`,
    )
    .bind(count, prefix, CREATED_AT, QUESTION, messages === 0 ? null : metrics, runs, messages)
    .run();
  if (runs > 0) {
    await seedRuns(db, prefix, runs);
    await seedMessages(db, prefix, messages);
  }
  return Array.from({ length: count }, (_, n) => `${prefix}-${n}`);
}

async function seedRuns(db: D1Database, prefix: string, runs: number): Promise<void> {
  const metrics = { ...COUNTS, time_to_first_token: 0.005, duration: 0.006, timings: { model: 0.005 } };
  await db
    .prepare(
      `WITH RECURSIVE nth(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM nth WHERE n + 1 < ?1)
       INSERT INTO runs (run_id, session_id, run_index, position, agent_id, component_name, status, fence, input,
         input_messages, model, model_provider, session_cache, session_state, metrics, finish_reason, events,
         created_at, started_at, settled_at, input_left_out)
       SELECT session_id || '-run-' || n, session_id, n, 0, 'assistant', 'Assistant', 'COMPLETED', 'seeded', '',
         1, 'bench', 'OpenAI', 'hit', '{}', ?4, 'stop', ?5, ?6 + n, ?6 + n, ?6 + n, 1
       FROM sessions, nth WHERE session_id GLOB ?2 || '-*'`,
    )
    .bind(runs, prefix, QUESTION, JSON.stringify(metrics), JSON.stringify(EVENTS), CREATED_AT)
    .run();
}

async function seedMessages(db: D1Database, prefix: string, messages: number): Promise<void> {
  const usage = { inputTokens: 100, outputTokens: 50, totalTokens: 150, reasoningTokens: 0, cacheReadTokens: 0 };
  await db
    .prepare(
      `WITH RECURSIVE nth(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM nth WHERE n + 1 < ?1)
       INSERT INTO messages (session_id, run_index, message_index, run_id, message_id, role, content, usage,
         time_to_first_token_ms, created_at)
       SELECT session_id, n / 2, n % 2, session_id || '-run-' || (n / 2), session_id || '-message-' || n,
         iif(n % 2, 'assistant', 'user'), iif(n % 2, ?4, ?3), iif(n % 2, ?5, NULL), iif(n % 2, 5, NULL), ?6 + n / 2
       FROM sessions, nth WHERE session_id GLOB ?2 || '-*'`,
    )
    .bind(messages, prefix, QUESTION, ANSWER, JSON.stringify(usage), CREATED_AT)
    .run();
}
