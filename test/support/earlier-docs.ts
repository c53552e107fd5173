import { env } from "cloudflare:workers";

/** A doc as the Worker wrote it whose ids counted down; `at` is the message's instant. */
export interface EarlierDoc {
  sessionId: string;
  runIndex: number;
  messageIndex: number;
  at: number;
  words: string;
}

/** That Worker's statement, word for word but for its parameters. It knows of no ids that count up. */
export function insertEarlierDocs(docs: readonly EarlierDoc[]): D1PreparedStatement {
  const rows = docs
    .toSorted((a, b) => a.at - b.at)
    .map((doc, nth) => [doc.runIndex, doc.messageIndex, 2048 * doc.at, nth, doc.words, doc.sessionId])
    .toReversed();
  const last = (ids: number) => `(select -min(id) from message_docs where id <= -base and id > -base - ${ids})`;
  return env.DB.prepare(
    `insert into message_docs ("id", "session_id", "run_index", "message_index", "owner", "words")
     select -nth - iif(${last(2048)} + nth >= base + 2047, ${last(8_388_608)} + 1, coalesce(${last(2048)} + 1, base)),
       in_session, run_index, message_index,
       coalesce((select 'u' || lower(hex(user_id)) from sessions where session_id = in_session and user_id is not null), ''), words
     from (select value ->> 0 as run_index, value ->> 1 as message_index, value ->> 2 as base, value ->> 3 as nth,
       value ->> 4 as words, value ->> 5 as in_session from json_each(?)) where 1
     on conflict (session_id, run_index, message_index) do update set
       id = iif(message_docs.words = excluded.words, message_docs.id, excluded.id), owner = excluded.owner, words = excluded.words
     where message_docs.owner <> excluded.owner or message_docs.words <> excluded.words`,
  ).bind(JSON.stringify(rows));
}
