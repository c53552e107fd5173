import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";

/*
 * What the Worker of the deploy before writes, which knows neither `system_texts` nor the columns that name its rows. Its
 * statements are these: columns that it does not know get none.
 */

const sql = (text: string, ...values: unknown[]) => env.DB.prepare(text).bind(...values);
const rows = async (text: string, ...values: unknown[]) => (await sql(text, ...values).all()).results;

const makeSession = (id: string, known: 1 | null, forkedFrom: string | null = null) =>
  sql(
    `insert into sessions (session_id, session_type, fence, created_at, updated_at, system_known, forked_from_session_id)
     values (?, 'agent', 'f', 1, 1, ?, ?)`,
    id,
    known,
    forkedFrom,
  );

const makeMessage = (session: string, runIndex: number, content: string, systemText: string | null = null) =>
  sql(
    `insert into messages (session_id, run_index, message_index, run_id, message_id, role, content, created_at, system_text)
     values (?, ?, 0, 'r', 'm', 'system', ?, 1, ?) on conflict do nothing`,
    session,
    runIndex,
    content,
    systemText,
  );

const makeRun = (session: string, runIndex: number, input: string, leftOut: 1 | null = null) =>
  sql(
    `insert into runs (run_id, session_id, run_index, position, status, fence, input, input_left_out, created_at)
     values (?, ?, ?, 0, 'COMPLETED', 'f', ?, ?, 1)`,
    `${session}-${runIndex}`,
    session,
    runIndex,
    input,
    leftOut,
  );

const makeText = (session: string, id: string, content: string) =>
  sql("insert into system_texts values (?, ?, 'a', 0, ?)", session, id, content);

const textsOf = (session: string) =>
  rows("select text_id, first_run_index, content from system_texts where session_id = ? order by text_id", session);

describe("whatever Worker writes", () => {
  it("a session's texts go with its row", async () => {
    await env.DB.batch([makeSession("gone", 1), makeText("gone", "t", "Be kind."), makeText("stays", "t", "Be kind.")]);
    await sql("delete from sessions where session_id = 'gone'").run();
    expect(await textsOf("gone")).toEqual([]);
    expect(await textsOf("stays")).toHaveLength(1);
  });

  it("a system message with a text of its own is noted, by the lowest run index, once", async () => {
    await env.DB.batch([makeSession("old", null), makeMessage("old", 7, "Be kind.")]);
    await env.DB.batch([
      makeMessage("old", 9, "Be kind."),
      makeMessage("old", 9, "Be kind."),
      makeMessage("old", 3, "Hm."),
    ]);
    expect(await textsOf("old")).toEqual([{ text_id: "", first_run_index: 3, content: "" }]);
  });

  it("a system message that names its text is not", async () => {
    await env.DB.batch([makeSession("new", 1), makeMessage("new", 7, "", "t")]);
    expect(await textsOf("new")).toEqual([]);
  });

  it("a fork that names no texts gets those that its messages are of, and knows which inputs were left out", async () => {
    await env.DB.batch([
      makeSession("source", 1),
      makeText("source", "t", "Be kind."),
      makeText("source", "later", "Be brief."),
      makeMessage("source", 0, "", "t"),
      makeMessage("source", 1, "Written out."),
      makeMessage("source", 2, "", "later"),
      makeRun("source", 0, "", 1),
      makeRun("source", 1, "asked"),
      makeRun("source", 3, ""),
    ]);
    await env.DB.batch([
      makeRun("fork", 0, ""),
      makeRun("fork", 1, "asked"),
      makeRun("fork", 3, ""),
      makeMessage("fork", 0, ""),
      makeMessage("fork", 1, "Written out."),
      makeSession("fork", null, "source"),
    ]);
    expect(await rows("select system_text from messages where session_id = 'fork' order by run_index")).toEqual([
      { system_text: "t" },
      { system_text: null },
    ]);
    expect(await rows("select input_left_out from runs where session_id = 'fork' order by run_index")).toEqual([
      { input_left_out: 1 },
      { input_left_out: null },
      { input_left_out: null },
    ]);
    expect(await textsOf("fork")).toMatchObject([{ text_id: "" }, { text_id: "t", content: "Be kind." }]);
  });

  it("a run made from one whose texts are stored once finds them, and one that was never left out stays", async () => {
    const makeAgain = (index: number, type: string, input: string) =>
      sql(
        `insert into runs (run_id, session_id, run_index, position, status, fence, input, origin, created_at)
         values (?, 'again', ?, 0, 'RUNNING', 'f', ?, ?, 1)`,
        `again-${index}`,
        index,
        input,
        JSON.stringify({ type, runId: "again-0", messageIndex: 2, historyBefore: 0, input: null }),
      );
    const makeMessageOf = (index: number, content: string) =>
      sql(
        `insert into messages (session_id, run_index, message_index, run_id, message_id, role, content, created_at)
         values ('again', ?, 0, ?, 'm', 'system', ?, 1)`,
        index,
        `again-${index}`,
        content,
      );
    await env.DB.batch([
      makeSession("again", 1),
      makeText("again", "t", "Be kind."),
      makeRun("again", 0, "", 1),
      makeMessage("again", 0, "", "t"),
    ]);
    await env.DB.batch([makeAgain(1, "regenerated", ""), makeMessageOf(1, "")]);
    await env.DB.batch([makeAgain(2, "continued", ""), makeMessageOf(2, "Be brief.")]);
    await env.DB.batch([makeAgain(3, "continued", "more"), makeMessageOf(3, "")]);
    expect(
      await rows("select system_text as text, content from messages where session_id = 'again' order by run_index"),
    ).toEqual([
      { text: "t", content: "" },
      { text: "t", content: "" },
      { text: null, content: "Be brief." },
      { text: "t", content: "" },
    ]);
    expect(
      await rows("select input_left_out as is_left from runs where session_id = 'again' order by run_index"),
    ).toEqual([1, 1, 1, null].map((is_left) => ({ is_left })));
  });
});
