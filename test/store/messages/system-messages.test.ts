import { env } from "cloudflare:workers";
import { sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { blankSession } from "../../../src/domain/session.ts";
import type { HistoryFilter } from "../../../src/engine/prompt/history.ts";
import { utf8Bytes } from "../../../src/lib/text.ts";
import { openDatabase } from "../../../src/store/database.ts";
import { readHistory } from "../../../src/store/messages/history.ts";
import { messageRow } from "../../../src/store/messages/message-rows.ts";
import {
  componentOf,
  insertTextsOfAll,
  noteOwnTexts,
  withSharedTexts,
} from "../../../src/store/messages/system-texts.ts";
import { messages, runs, sessions } from "../../../src/store/schema/tables.ts";
import { sessionColumns } from "../../../src/store/sessions/sessions.ts";
import { anyFilter, anySession, generator, type SessionRun } from "../../support/history.ts";
import { notingDatabase, ofObject } from "../../support/stored-history.ts";

const db = openDatabase(env.DB);

/** How a session's system messages came to be stored. */
type Form = "from before" | "from before, looked through" | "by a Worker from before" | "shared" | "partly shared";

const sessionRow = (sessionId: string, systemKnown: boolean | null) =>
  db.insert(sessions).values(
    sessionColumns({
      ...blankSession({
        sessionId,
        sessionType: "agent",
        agentId: "a",
        teamId: null,
        workflowId: null,
        userId: null,
        fence: "f",
        createdAt: 1,
      }),
      systemKnown,
    }),
  );

/** Stores the runs as one session in a form, and answers the session's id. Their ids are new. */
async function storeAs(form: Form, given: SessionRun[]): Promise<string> {
  const sessionId = crypto.randomUUID();
  const sessionRuns = given.map((its) => ({ ...its, runId: crypto.randomUUID() }));
  const isOld = form.startsWith("from before");
  await db.batch([
    sessionRow(sessionId, isOld ? null : true),
    ...sessionRuns.flatMap((its, nth) => {
      const rows = its.messages.map((own) => messageRow(sessionId, its, own.messageIndex, own));
      const isShared = form === "shared" || (form === "partly shared" && nth % 2 === 0);
      const { rows: shared, texts } = withSharedTexts(rows, componentOf(its));
      return [
        db.insert(runs).values({ ...its, sessionId, position: 0, fence: "f", input: "", createdAt: 1 }),
        ...(isShared ? insertTextsOfAll(db, texts, sql`1`) : []),
        ...(isShared ? shared : rows).map((row) => db.insert(messages).values(row)),
      ];
    }),
  ]);
  if (isOld) await env.DB.prepare("delete from system_texts where session_id = ?").bind(sessionId).run();
  if (form === "from before, looked through") {
    await noteOwnTexts(db, sessionId, sql`1`);
    await env.DB.prepare("update sessions set system_known = 1 where session_id = ?").bind(sessionId).run();
  }
  return sessionId;
}

async function shown(sessionId: string, filter: HistoryFilter & { maxBytes?: number }) {
  const { data, meta } = await readHistory(db, ofObject(sessionId), filter);
  return { data: data.map(({ runId, ...message }) => message), meta };
}

describe("whatever form system messages are stored in", () => {
  test("a history shows the same, under any filter", async () => {
    const random = generator(15);
    for (let nth = 0; nth < 25; nth++) {
      const some = anySession(random).map((its) => ({
        ...its,
        // A run is an agent's or a team's.
        teamId: its.agentId === null ? its.teamId : null,
        messages: its.messages.map((own) =>
          own.role === "system" ? { ...own, content: random.one(["Be kind.", "Be brief."]) } : own,
        ),
      }));
      const forms: Form[] = ["from before, looked through", "by a Worker from before", "shared", "partly shared"];
      const before = await storeAs("from before", some);
      const others = await Promise.all(forms.map((form) => storeAs(form, some)));
      for (let asked = 0; asked < 6; asked++) {
        const filter = anyFilter(random);
        const expected = await shown(before, filter);
        for (const [at, other] of others.entries()) {
          expect({ form: forms[at], filter, ...(await shown(other, filter)) }).toEqual({
            form: forms[at],
            filter,
            ...expected,
          });
        }
      }
    }
  });

  test("pages end at the same message, whoever holds the text", async () => {
    const long = "Be kind. ".repeat(1_000);
    const some = Array.from({ length: 8 }, (_, runIndex): SessionRun => {
      const runId = crypto.randomUUID();
      const own = {
        messageId: `m${runIndex}`,
        content: long,
        createdAt: 1,
        runIndex,
        messageIndex: 0,
        runId,
        runStatus: "COMPLETED" as const,
      };
      return {
        runIndex,
        runId,
        agentId: "a",
        teamId: null,
        parentRunId: null,
        status: "COMPLETED",
        messages: [
          { ...own, role: "system" },
          { ...own, messageIndex: 1, role: "user", content: "x" },
        ],
      };
    });
    const [one, other] = [await storeAs("from before", some), await storeAs("shared", some)];
    for (const maxBytes of [1, 8_999, 9_000, 9_007, 9_008, 20_000]) {
      const page = await shown(one, { maxBytes });
      expect(await shown(other, { maxBytes })).toEqual(page);
      // Eight messages of a byte, and one system message.
      expect(page.meta.has_more).toBe(maxBytes < 8 + utf8Bytes(long));
    }
  });
});

describe("messages?limit=20", () => {
  const numbered = (count: number) =>
    `with recursive n(i) as (select 0 union all select i + 1 from n where i < ${count - 1})`;

  async function seed(count: number, perRun: string[]): Promise<string> {
    const sessionId = crypto.randomUUID();
    await env.DB.batch([
      env.DB.prepare(
        `insert into runs (run_id, session_id, run_index, position, agent_id, status, fence, input, created_at)
         ${numbered(count / perRun.length)} select ?1 || i, ?1, i, 0, 'a', 'COMPLETED', 'f', '', 1 from n`,
      ).bind(sessionId),
      env.DB.prepare(
        `insert into messages (session_id, run_index, message_index, run_id, message_id, role, content, created_at)
         ${numbered(count)} select ?1, i / ${perRun.length}, i % ${perRun.length}, ?1 || (i / ${perRun.length}), 'm' || i,
         json_extract(?2, '$[' || (i % ${perRun.length}) || ']'), 'text', 1 from n`,
      ).bind(sessionId, JSON.stringify(perRun)),
    ]);
    await sessionRow(sessionId, true);
    return sessionId;
  }

  test.each([
    { its: "has no system message", perRun: ["user", "assistant"] },
    { its: "has system messages", perRun: ["system", "user", "assistant", "assistant", "assistant"] },
  ])("reads as many rows of 5,000 messages as of 40, in a session that $its", async ({ perRun }) => {
    const rowsRead: number[] = [];
    for (const count of [40, 1_000, 5_000]) {
      const sessionId = await seed(count, perRun);
      for (const filter of [{ limit: 20 }, { limit: 20, agentId: "a" }, { limit: 20, sessionType: "team" as const }]) {
        const noted = notingDatabase();
        expect((await readHistory(noted.db, ofObject(sessionId), filter)).data).toHaveLength(20);
        rowsRead.push(await noted.rowsRead());
      }
    }
    expect(Math.max(...rowsRead)).toBeLessThan(Math.min(...rowsRead) + 10);
  });

  test("of a session from before walks it, until its next run has looked it through", async () => {
    const sessionId = await seed(5_000, ["user", "assistant"]);
    await env.DB.prepare("update sessions set system_known = null where session_id = ?").bind(sessionId).run();
    const read = async () => {
      const noted = notingDatabase();
      await readHistory(noted.db, ofObject(sessionId), { limit: 20 });
      return noted.rowsRead();
    };
    expect(await read()).toBeGreaterThan(5_000);
    await noteOwnTexts(db, sessionId, sql`1`);
    await env.DB.prepare("update sessions set system_known = 1 where session_id = ?").bind(sessionId).run();
    expect(await read()).toBeLessThan(300);
  });
});
