import { env } from "cloudflare:workers";

/** Gives a session's rows the form that they had before texts were stored once: each row holds its own. */
export async function toOldForm(sessionId: string): Promise<void> {
  const put = (sql: string) => env.DB.prepare(sql).bind(sessionId);
  await env.DB.batch([
    put(`update runs set input_left_out = null, input = (select content from messages where messages.session_id = runs.session_id
      and messages.run_index = runs.run_index and role = 'user' order by message_index limit 1)
      where session_id = ? and input_left_out = 1`),
    put(`update messages set system_text = null, content = (select content from system_texts as shared
      where shared.session_id = messages.session_id and shared.text_id = messages.system_text)
      where session_id = ? and system_text is not null`),
    put("delete from system_texts where session_id = ?"),
    put("update sessions set system_known = null where session_id = ?"),
  ]);
}

/** How a session's runs, system messages and system texts are stored. */
export async function formOf(sessionId: string) {
  const all = async (sql: string) => (await env.DB.prepare(sql).bind(sessionId).all()).results;
  return {
    inputs: await all(
      "select input, input_left_out as left_out from runs where session_id = ? order by run_index, run_id",
    ),
    systems: await all(
      "select content, system_text as text from messages where session_id = ? and role = 'system' order by run_index",
    ),
    texts: await all(
      "select text_id as text, component_id as whose, first_run_index as first, content from system_texts where session_id = ? order by 3",
    ),
  };
}
