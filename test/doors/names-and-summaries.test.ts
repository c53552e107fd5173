/** What names and summaries use is in the ledger of the session's owner. */
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { Owner } from "../../src/domain/owner.ts";
import { serverFor } from "../../src/domain/principal.ts";
import { utf8Bytes } from "../../src/lib/text.ts";
import { sessionClient } from "../../src/session/client.ts";
import { testAgent } from "../support/agents.ts";
import { key } from "../support/credentials.ts";
import { costOf } from "../support/d1-cost.ts";
import { unanswered, type Which, watchD1 } from "../support/d1-faults.ts";
import { type EndUser, endUser, expectOver, ledgerOf, runAs, usageOf } from "../support/end-user.ts";
import { call, newId } from "../support/http.ts";
import { foundInD1 } from "../support/retention.ts";
import { fail, gate, hold, scriptModel, summary, text, usage } from "../support/scripted-model.ts";
import { eventually } from "../support/session-story.ts";

const model = scriptModel();
const d1 = watchD1();

const quiet = { instructions: "Be brief.", naming: { after: 0 } };

/** A session of the user with one run, which used 15 tokens. */
async function sessionOf(user: EndUser, agent = testAgent(quiet)): Promise<string> {
  const session_id = newId();
  expect((await runAs(user, "hello", { session_id, agent })).status).toBe(200);
  return session_id;
}

const summarize = (id: string, headers: Record<string, string>) =>
  call("POST", `/sessions/${id}/summary`, undefined, headers);
const nameIt = (id: string, headers: Record<string, string>) =>
  call("POST", `/sessions/${id}/rename`, { autogenerate: true }, headers);
const takeSummaryAway = async (id: string, { headers }: EndUser) => {
  const merge = { ...headers, "Content-Type": "application/merge-patch+json" };
  const { status, body } = await call("PATCH", `/sessions/${id}`, JSON.stringify({ summary: null }), merge);
  expect([status, body.session_summary]).toEqual([200, null]);
};

const used = async (user: EndUser) => {
  const { runs, tokens, active } = await usageOf(user);
  return { runs, tokens, active };
};
const untilUsed = (user: EndUser, tokens: number) =>
  eventually(
    () => used(user),
    (now) => now.tokens === tokens,
  );

/** The session is read in a batch of its own. */
const writes: Which = ({ statements }) => statements.some(({ sql }) => !/^\s*select/i.test(sql));
const notesUse: Which = ({ statements }) => statements.some(({ sql }) => sql.startsWith('insert into "run_usage"'));

describe("a name and a summary that the owner asks for", () => {
  it("count as tokens and as no run, in the batch that writes them", async () => {
    const ada = await endUser();
    const id = await sessionOf(ada);
    for (const [ask, tokens] of [
      [nameIt, 30],
      [summarize, 45],
    ] as const) {
      d1.forget();
      expect((await ask(id, ada.headers)).status).toBe(200);
      const { batches, rows } = costOf(d1.of(id).filter(writes));
      expect({ batches, usage: rows.run_usage }).toEqual({ batches: 1, usage: 2 });
      expect(await used(ada)).toEqual({ runs: 1, tokens, active: 0 });
    }
  });

  it("count again where the summary is taken away and asked for again, until the day's tokens are used up", async () => {
    const ada = await endUser({ tokens_per_day: 45, runs_per_day: 1 });
    const id = await sessionOf(ada);
    for (const tokens of [30, 45]) {
      expect((await summarize(id, ada.headers)).status).toBe(200);
      expect((await used(ada)).tokens).toBe(tokens);
      await takeSummaryAway(id, ada);
    }
    expectOver(await summarize(id, ada.headers), "tokens-day");
    expectOver(await nameIt(id, ada.headers), "tokens-day");
  });

  it("leave the user their runs of the day", async () => {
    const ada = await endUser({ runs_per_day: 2 });
    const agent = testAgent(quiet);
    const id = await sessionOf(ada, agent);
    await nameIt(id, ada.headers);
    await summarize(id, ada.headers);
    expect((await runAs(ada, "second", { agent })).status).toBe(200);
    expectOver(await runAs(ada, "third", { agent }), "runs-day");
  });

  it("count by their length where no provider counts", async () => {
    const ada = await endUser();
    const id = await sessionOf(ada);
    model.nextNames([text("Named"), usage(null)]);
    expect((await nameIt(id, ada.headers)).body.session_name).toBe("Named");
    const told = model.calls.at(-1)?.request.messages.map(({ content }) => content) ?? [];
    expect((await used(ada)).tokens).toBe(15 + Math.ceil(utf8Bytes([...told, "Named"].join("")) / 4));
  });

  it("count though nothing of them is written: a person was quicker, the answers were not usable, or the session is gone", async () => {
    const ada = await endUser();
    const agent = testAgent(quiet);
    const id = await sessionOf(ada, agent);
    const point = gate();
    model.nextSummaries([hold(point), ...summary("Late")]);
    const late = summarize(id, ada.headers);
    await point.reached();
    await call("PATCH", `/sessions/${id}`, { summary: { summary: "By hand" } }, ada.headers);
    point.release();
    expect((await late).body.summary).toBe("By hand");
    await untilUsed(ada, 30);

    await takeSummaryAway(id, ada);
    model.nextSummaries("null", "null");
    expect((await summarize(id, ada.headers)).status).toBe(503);
    await untilUsed(ada, 60);

    const deleted = gate();
    model.nextNames([hold(deleted), text("Late")]);
    const naming = nameIt(id, ada.headers);
    await deleted.reached();
    expect((await call("DELETE", `/sessions/${id}`, undefined, ada.headers)).status).toBe(204);
    deleted.release();
    expect((await naming).status).toBe(404);
    await untilUsed(ada, 75);
    expect(await used(ada)).toEqual({ runs: 1, tokens: 75, active: 0 });
  });

  it("count nothing where the provider refuses", async () => {
    const ada = await endUser();
    const id = await sessionOf(ada);
    model.nextNames([fail(400)], [fail(400)]);
    expect((await nameIt(id, ada.headers)).body.session_name).toBe("hello");
    expect(await ledgerOf(ada)).toHaveLength(1);
  });

  it("count once though D1's answer is lost and the batch is repeated, or never confirmed", async () => {
    const ada = await endUser();
    const id = await sessionOf(ada);
    d1.next(notesUse, unanswered());
    expect((await nameIt(id, ada.headers)).status).toBe(200);
    expect((await used(ada)).tokens).toBe(30);
    d1.next(notesUse, unanswered(), 3);
    expect((await summarize(id, ada.headers)).status).toBe(503);
    await eventually(
      async () => d1.operations.filter(notesUse),
      (sent) => sent.some(({ statements }) => statements.length === 1),
    );
    expect((await used(ada)).tokens).toBe(45);
  });

  it("leave nothing of a user who is erased by the key meanwhile", async () => {
    const ada = await endUser();
    const id = await sessionOf(ada);
    const point = gate();
    model.nextSummaries([hold(point), ...summary("Late")]);
    const late = summarize(id, ada.headers);
    await point.reached();
    expect((await call("DELETE", `/users/${ada.id}/sessions`, undefined, key)).status).toBe(204);
    d1.forget();
    point.release();
    expect((await late).status).toBe(404);
    await eventually(
      async () => d1.operations,
      (sent) => sent.some(notesUse),
    );
    expect(await foundInD1([ada.id])).toEqual([]);
  });
});

describe("a summary that is under way while its user has everything erased", () => {
  it("stands in the ledger among what the erase removes at the day's end", async () => {
    const ada = await endUser();
    const id = await sessionOf(ada);
    const point = gate();
    model.nextSummaries([hold(point), ...summary("Late")]);
    const late = summarize(id, ada.headers);
    await point.reached();
    const before = Date.now();
    expect((await call("DELETE", `/users/${ada.id}/sessions`, undefined, ada.headers)).status).toBe(204);
    point.release();
    expect((await late).status).toBe(404);
    await untilUsed(ada, 30);
    const { results } = await env.DB.prepare("select run_id from run_usage where user_id = ?1 and started_at > ?2")
      .bind(ada.id, before)
      .all();
    expect(results).toEqual([]);
  });
});

describe("a name and a summary that nobody asks for", () => {
  it("count for the owner: those that runs make due, and those that a run waits for", async () => {
    const ada = await endUser();
    await sessionOf(ada, testAgent({ instructions: "Be brief.", naming: { after: 1 } }));
    await untilUsed(ada, 30);
    await sessionOf(ada, testAgent({ ...quiet, summaries: { every: 1 } }));
    await untilUsed(ada, 60);
    await sessionOf(ada, testAgent({ ...quiet, summaries: { every: 1, runWaits: true } }));
    expect(await used(ada)).toEqual({ runs: 3, tokens: 90, active: 0 });
  });

  it("count for the owner where a job names the owner's sessions, and for nobody where it names everybody's", async () => {
    const ada = await endUser();
    for (const userId of [null, ada.id as Owner]) {
      const naming = { jobId: newId(), principal: serverFor(userId), overwrite: "never", fallback: null } as const;
      const named = await sessionClient(env.SESSIONS, await sessionOf(ada)).nameForJob(naming);
      expect(named).toMatchObject({ value: { outcome: "succeeded" } });
    }
    expect(await used(ada)).toEqual({ runs: 2, tokens: 45, active: 0 });
  });
});

describe("a name and a summary for a caller that is not confined, or in a session of nobody", () => {
  it("write nothing of the ledger", async () => {
    const ada = await endUser();
    const mine = await sessionOf(ada);
    const nobodys = newId();
    const fields = { message: "hello", stream: false, session_id: nobodys };
    expect(
      (
        await call(
          "POST",
          `/agents/${testAgent({ instructions: "Be brief.", naming: { after: 1 } })}/runs`,
          fields,
          key,
        )
      ).status,
    ).toBe(200);
    await eventually(
      async () => (await call("GET", `/sessions/${nobodys}`, undefined, key)).body.session_name,
      (name) => name !== null,
    );
    d1.forget();
    for (const id of [mine, nobodys]) {
      for (const ask of [nameIt, summarize]) expect((await ask(id, key)).status).toBe(200);
    }
    expect(d1.operations.filter(notesUse)).toEqual([]);
    expect(await used(ada)).toEqual({ runs: 1, tokens: 15, active: 0 });
  });
});
