/*
 * A directory of many users, made inside SQLite. All users have the same number of sessions, and each session has a name,
 * runs and messages. The tables and the full-text index are as the product would have left them.
 */

/** How many sessions one INSERT makes. The limit bounds its memory and its time. */
const SESSIONS_AT_ONCE = 2_000;
export const SESSIONS_PER_USER = 100;
export const MESSAGES_PER_SESSION = 10;
const CREATED_AT = 1_700_000_000_000;
/** The time between two sessions. The users take turns, so the sessions of one user stand between those of all others. */
const STEP_MS = 60_000;

/** Every message has `common`, one of 1,000 topics and one of 50,000 codes; a name has its session's number. */
const TEXT = `'common words about topic' || ((s * 7 + m) % 1000) || ' and code' || ((s * 31 + m * 17) % 50000) ||
  ' that we talked about when the plan for the second week was made and everybody wrote down a part of it'`;

export const userOf = (user: number): string => `user-${user}`;

/** Adds the sessions from `from` to `to`. The users from `firstUser` to `lastUser` get them in turns. */
export async function seedDirectory(
  db: D1Database,
  [firstUser, lastUser]: [number, number],
  from: number,
  to: number,
): Promise<void> {
  const users = lastUser - firstUser;
  for (let first = from; first < to; first += SESSIONS_AT_ONCE) {
    const part = { first, last: Math.min(to, first + SESSIONS_AT_ONCE), firstUser, users };
    for (const statement of statementsOf(part)) await db.prepare(statement).run();
  }
}

interface Part {
  first: number;
  last: number;
  firstUser: number;
  users: number;
}

/** The numbers are written into the SQL text. D1 binds numbers as reals, and as text a real looks different. */
function statementsOf({ first, last, firstUser, users }: Part): string[] {
  const nth = `WITH RECURSIVE nth(s) AS (SELECT ${first} UNION ALL SELECT s + 1 FROM nth WHERE s + 1 < ${last})`;
  const parts = `${nth}, part(m) AS (SELECT 0 UNION ALL SELECT m + 1 FROM part WHERE m + 1 < ${MESSAGES_PER_SESSION})`;
  const owner = `'user-' || (${firstUser} + s % ${users})`;
  const at = `${CREATED_AT} + s * ${STEP_MS}`;
  const runs = MESSAGES_PER_SESSION / 2;
  return [
    `${nth}
     INSERT INTO sessions (session_id, session_type, agent_id, component_id, user_id, name, name_source, name_version,
       name_updated_at, name_words, name_folded, first_message, first_message_folded, next_run_index, completed_runs,
       chat_messages, fence, created_at, updated_at)
     SELECT 'dir-' || s, 'agent', 'assistant', 'assistant', ${owner}, 'Plan ' || s, 'manual', 1,
       ${CREATED_AT}, 'plan ' || s, 'plan ' || s, 'common words', 'common words', ${runs}, ${runs},
       ${MESSAGES_PER_SESSION}, 'seeded', ${at}, ${at}
     FROM nth ORDER BY s DESC`,
    `${parts}
     INSERT INTO runs (run_id, session_id, run_index, position, agent_id, component_name, user_id, status, fence, input,
       input_messages, finish_reason, events, created_at, started_at, settled_at)
     SELECT 'dir-' || s || '-' || m, 'dir-' || s, m, 0, 'assistant', 'Assistant', ${owner}, 'COMPLETED', 'seeded', 'q',
       1, 'stop', '[["S",0],["X",1]]', ${at} + m, ${at} + m, ${at} + m
     FROM nth, part WHERE m < ${runs}`,
    `${parts}
     INSERT INTO messages (session_id, run_index, message_index, run_id, message_id, role, content, created_at)
     SELECT 'dir-' || s, m / 2, m % 2, 'dir-' || s || '-' || (m / 2), 'dir-' || s || '-' || m,
       iif(m % 2, 'assistant', 'user'), ${TEXT}, ${at} + m
     FROM nth, part`,
    `${parts}
     INSERT INTO message_docs (id, session_id, run_index, message_index, owner, words)
     SELECT 2048 * (${at} + m) + m, 'dir-' || s, m / 2, m % 2, 'u' || lower(hex(${owner})), ${TEXT}
     FROM nth, part ORDER BY 1 DESC`,
  ];
}
