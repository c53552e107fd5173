/**
 * One deployment, small and then grown: what one list, one session and one job hold becomes several times as much. Made inside
 * SQLite. Whatever a page shows is full in both, and each bound of the server is reached in both, so what a bounded read costs is the
 * same.
 */
import { env } from "cloudflare:workers";

export const OWNER = "ada";
/** The long sessions, of an agent and of a team, and the jobs that have many items. */
export const AGENT_SESSION = "long-agent";
export const TEAM_SESSION = "long-team";
export const NAMING_JOB = "job-long-names";
export const BULK_JOB = "job-long-bulk";
/** A word that every message and every name has, and one that few have. */
export const COMMON = "plan";
export const RARE = "harbour";

/** How much there is of each thing. */
export interface Size {
  sessions: number;
  runs: number;
  items: number;
  jobs: number;
  rows: number;
}

/**
 * Above the bounds: 1,000 sessions that are sorted, 2,000 matches that are looked through, 1,000 messages of a page; and not far
 * below the 1,000 newest runs among which an active one is looked for.
 */
export const SMALL: Size = { sessions: 2_400, runs: 800, items: 600, jobs: 60, rows: 260 };
export const GROWN: Size = { sessions: 4_800, runs: 1_600, items: 2_000, jobs: 1_200, rows: 1_200 };
export const NOTHING: Size = { sessions: 0, runs: 0, items: 0, jobs: 0, rows: 0 };

const START = 1_700_000_000_000;

/** When the n-th of things was made, in epoch seconds. */
export const secondOf = (n: number): number => START / 1000 + n;

/** Makes what there is between two sizes. All that is new is newer than all that is there. */
export async function grow(from: Size, to: Size): Promise<void> {
  const statements = [
    ...sessionsBetween(from.sessions, to.sessions),
    ...(from.runs === 0 ? [longSession(AGENT_SESSION, "agent"), longSession(TEAM_SESSION, "team")] : []),
    ...[AGENT_SESSION, TEAM_SESSION].flatMap((id) => runsBetween(id, from.runs, to.runs)),
    ...jobsBetween(from, to),
    ...rowsBetween(from.rows, to.rows),
  ];
  await env.DB.batch(statements.map((sql) => env.DB.prepare(sql)));
}

const nth = (from: number, to: number) =>
  `with recursive nth(n) as (select ${from} union all select n + 1 from nth where n + 1 < ${to})`;

/** Each part of a filter lets every sixth session pass, or more of them; and the few oldest, of which there are never more. */
function sessionsBetween(from: number, to: number): string[] {
  const isNew = `session_id in (select 's-' || n from nth)`;
  return [
    `${nth(from, to)} insert into sessions (session_id, session_type, agent_id, team_id, component_id, user_id, name, name_source,
       name_words, name_folded, chat_messages, next_run_index, completed_runs, visibility, archived_at, pinned_at, tags, metadata,
       fence, created_at, updated_at)
     select 's-' || n, iif(n % 2, 'agent', 'team'), iif(n % 2, 'assistant', null), iif(n % 2, null, 'support'),
       iif(n % 2, 'assistant', 'support'), iif(n % 3, '${OWNER}', 'ben'),
       iif(n % 5 and n > 5, null, '${COMMON} ' || iif(n < 5, '${RARE} ', '') || n), iif(n % 5 and n > 5, null, 'manual'),
       '${COMMON} ' || iif(n < 5, '${RARE} ', '') || n, '${COMMON} ' || iif(n < 5, '${RARE} ', '') || n, 2, 1, 1,
       iif(n % 4 = 1, 'archived', 'listed'), iif(n % 4 = 1, 1, null), iif(n % 7 > 2, n, null), '["all"]', '{"plan":"pro"}',
       'f', ${START} + n * 1000, ${START} + n * 1000 from nth`,
    `${nth(from, to)} insert into session_labels select session_id, label from sessions,
       (select '#all' as label union select '=plan:pro') where ${isNew}`,
    `${nth(from, to)} insert into session_labels select session_id, '#few' from sessions where ${isNew} and session_id in ('s-2', 's-4', 's-6')`,
    `${nth(from, to)} insert into requirements (requirement_id, session_id, run_id, position, agent_id, component_name, user_id, kind, status,
       tool_call_id, call, tool_name, tool_args, on_expiry, created_at)
     select session_id || '-' || status, session_id, session_id || '-run', of.position, 'assistant', 'Assistant', user_id, 'confirmation', status,
       'call_1', 0, 'tool', '{}', 'reject', created_at
     from sessions, (select 'open' as status, 0 as position union all select 'answered', 1 union all select 'expired', 2
       union all select 'cancelled', 3) as of where ${isNew}`,
  ];
}

const longSession = (id: string, type: "agent" | "team") =>
  `insert into sessions (session_id, session_type, agent_id, team_id, component_id, user_id, name, name_source, name_words, name_folded, system_known,
     fence, created_at, updated_at)
   values ('${id}', '${type}', ${type === "agent" ? "'assistant', null, 'assistant'" : "null, 'support', 'support'"}, '${OWNER}', 'long',
     'manual', 'long', 'long', 1, 'f', 1, 1)`;

/** Runs of two messages, without instructions; the first few have a word of their own. */
function runsBetween(id: string, from: number, to: number): string[] {
  const component = id === AGENT_SESSION ? "'assistant', null" : "null, 'support'";
  return [
    `${nth(from, to)} insert into runs (run_id, session_id, run_index, position, agent_id, team_id, component_name, user_id, status, fence, input,
       input_messages, finish_reason, events, created_at, started_at, settled_at)
     select '${id}-' || n, '${id}', n, 0, ${component}, 'Component', '${OWNER}', iif(n % 3, 'COMPLETED', iif(n % 2, 'ERROR', 'CANCELLED')), 'f',
       '${COMMON}', 1, 'stop', '[["S",0],["Q",1],["D",2,4],["A",3],["C",3],["X",4]]', ${START} + n * 1000, ${START} + n * 1000,
       ${START} + n * 1000 from nth`,
    `${nth(from, to)} insert into messages (session_id, run_index, message_index, run_id, message_id, role, content, created_at)
     select '${id}', n, role = 'assistant', '${id}-' || n, '${id}-' || n || '-' || role, role, '${COMMON}', ${START} + n * 1000
     from nth, (select 'user' as role union select 'assistant')`,
    `${nth(from, to)} insert into message_docs (id, session_id, run_index, message_index, owner, words)
     select -2048 * (${START} + n * 1000) - message_index - ${id === AGENT_SESSION ? 0 : 2}, session_id, run_index, message_index,
       'u' || lower(hex('${OWNER}')), '${COMMON}' || iif(n < 5, ' ${RARE}', '')
     from nth join messages on session_id = '${id}' and run_index = n order by 1`,
    `${nth(from, to)} insert into requirements (requirement_id, session_id, run_id, position, agent_id, component_name, user_id, kind, status,
       tool_call_id, call, tool_name, tool_args, on_expiry, created_at)
     select '${id}-' || n, '${id}', '${id}-' || n, 0, 'assistant', 'Assistant', '${OWNER}', 'confirmation', 'answered', 'call_1', 0, 'tool',
       '{}', 'reject', 1 from nth`,
    `update sessions set next_run_index = ${to}, completed_runs = ${to}, chat_messages = ${2 * to} where session_id = '${id}'`,
  ];
}

/** Jobs of both kinds, of the owner, with one item each; and the items of the long ones, of which all but the first are done. */
function jobsBetween(from: Size, to: Size): string[] {
  const items = [NAMING_JOB, BULK_JOB].map(
    (
      id,
    ) => `${nth(from.items, to.items)} insert into job_items (job_id, position, session_id, status, outcome, touched_at)
      select '${id}', n, 's-' || (n + n % 3), iif(n < 3, 'waiting', iif(n < 6, 'working', 'done')),
        iif(n < 6, null, iif(n < 9, 'failed', iif(n % 2, 'succeeded', iif(n % 4, 'skipped', 'fallback')))), 1 from nth`,
  );
  const columns = "job_id, kind, user_id, params, status, total, created_at, swept_at";
  const long = [
    [NAMING_JOB, "names"],
    [BULK_JOB, "bulk"],
  ].map(
    ([id, kind]) =>
      `insert into jobs (${columns}) values ('${id}', '${kind}', '${OWNER}', '{"action":"pin"}', 'completed', 1, 1, 1)`,
  );
  return [
    ...(from.items === 0 ? long : []),
    ...items,
    `${nth(from.jobs, to.jobs)} insert into jobs (${columns})
     select printf('job-%06d', n), iif(n % 2, 'names', 'bulk'), '${OWNER}', '{"action":"pin"}', 'completed', 1, n, n from nth`,
  ];
}

/** Acts, service accounts, and what the owner has used today. */
const rowsBetween = (from: number, to: number): string[] => [
  `${nth(from, to)} insert into audit (audit_id, created_at, actor, action, target) select 'a-' || n, ${START} + n, 'user:eve', 'user.erased', 'ada' from nth`,
  `${nth(from, to)} insert into service_accounts (account_id, name, token_hash, token_prefix, scopes, created_at, revoked_at)
   select 'a-' || n, 'account-' || n, 'h-' || n, 'es_pat_', '[]', ${START} + n, iif(n % 2, 1, null) from nth`,
  `${nth(from, to)} insert into run_usage (user_id, started_at, run_id, tokens, settled)
   select '${OWNER}', unixepoch() * 1000 - n, 'r-' || n, 1, 1 from nth`,
];
