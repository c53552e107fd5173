import { describe, expect, it } from "vitest";
import { rowsReadBy } from "../../support/d1-cost.ts";
import { watchD1 } from "../../support/d1-faults.ts";
import { call, type EventStream, newId, openRun, run } from "../../support/http.ts";
import { seedRuns } from "../../support/rows.ts";
import { fail, gate, hold, scriptModel } from "../../support/scripted-model.ts";

// Parts of a session's runs: the newest, what stands before one, those of a status. Both lists of runs take the same.

const model = scriptModel();
const d1 = watchD1();
const LISTS = ["runs", "run-previews"];

async function seeded(count: number, fields: { session_id?: string } = {}): Promise<string> {
  const { body } = await call("POST", "/sessions", fields);
  await seedRuns(body.session_id, count);
  return body.session_id;
}

async function listed(sessionId: string, list: string, query = ""): Promise<{ run_id: string; run_input: string }[]> {
  const { status, body } = await call("GET", `/sessions/${sessionId}/${list}${query}`);
  expect(status, JSON.stringify(body)).toBe(200);
  return body;
}
const inputs = async (...request: Parameters<typeof listed>) =>
  (await listed(...request)).map(({ run_input }) => run_input);
const questions = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, nth) => `question ${from + nth}`);

/** A session with two runs that ended, one that runs and two that wait; ends when `release` is called. */
async function busySession() {
  const session_id = newId();
  model.next("one");
  model.next("two");
  for (const message of ["first", "second"]) await run(message, { session_id });
  const point = gate();
  model.next([hold(point)]);
  const open: EventStream[] = [];
  for (const message of ["runs", "waits", "waits too"]) open.push(await openRun(message, { session_id }));
  const release = async () => {
    point.release();
    for (const stream of open) await stream.rest();
  };
  return { session_id, release };
}

describe.each(LISTS)("GET /sessions/{session_id}/%s", (list) => {
  it("gives the newest of them, in the order of running, and what stands before the first of those", async () => {
    const id = await seeded(250);
    expect(await inputs(id, list, "?limit=3")).toEqual(questions(247, 249));
    const pages: string[][] = [];
    for (let before = ""; ; ) {
      const page = await listed(id, list, `?limit=100${before}`);
      pages.push(page.map(({ run_input }) => run_input));
      if (page.length < 100) break;
      before = `&before=${page[0]?.run_id}`;
    }
    expect(pages.map((page) => page.length)).toEqual([100, 100, 50]);
    expect(pages.toReversed().flat()).toEqual(questions(0, 249));
    expect(await inputs(id, list, `?before=${id}-2`)).toEqual(questions(0, 1));
    expect(await inputs(id, list, `?before=${id}-0`)).toEqual([]);
    expect(await inputs(id, list, "?limit=1000")).toEqual(questions(0, 249));
  });

  it("gives all of them where no limit is asked for", async () => {
    const id = await seeded(5);
    for (const query of ["", "?limit=", "?before="]) expect(await inputs(id, list, query)).toEqual(questions(0, 4));
  });

  it("counts runs that wait as the newest", async () => {
    const { session_id, release } = await busySession();
    const all = await listed(session_id, list);
    const names = ["first", "second", "runs", "waits", "waits too"];
    expect(all.map(({ run_input }) => run_input)).toEqual(names);
    for (let limit = 1; limit <= names.length; limit += 1) {
      expect(await inputs(session_id, list, `?limit=${limit}`)).toEqual(names.slice(-limit));
    }
    for (const [nth, { run_id }] of all.entries()) {
      expect(await inputs(session_id, list, `?before=${run_id}`)).toEqual(names.slice(0, nth));
      expect(await inputs(session_id, list, `?limit=2&before=${run_id}`)).toEqual(
        names.slice(Math.max(0, nth - 2), nth),
      );
    }
    await release();
  });

  it("gives the newest of those that pass the other filters", async () => {
    const id = await seeded(40);
    expect(await inputs(id, list, "?limit=2&created_before=20")).toEqual(questions(19, 20));
    expect(await inputs(id, list, `?limit=2&created_after=3&before=${id}-5`)).toEqual(questions(3, 4));
    expect(await inputs(id, list, "?limit=2&status=ERROR")).toEqual([]);
  });

  it("gives those of the statuses that are asked for", async () => {
    const session_id = newId();
    model.next("one");
    await run("works", { session_id });
    model.respondWith([fail(400, "no")]);
    await run("fails", { session_id });
    expect(await inputs(session_id, list, "?status=error")).toEqual(["fails"]);
    expect(await inputs(session_id, list, "?status=ERROR&status=completed&status=Completed")).toEqual([
      "works",
      "fails",
    ]);
    expect(await inputs(session_id, list, "?status=")).toEqual(["works", "fails"]);
  });

  it("refuses a run that is not the session's, and a limit that is none", async () => {
    const id = await seeded(1);
    const other = await seeded(1);
    for (const [query, field] of [
      [`before=${other}-0`, "before"],
      ["before=nothing", "before"],
      ["limit=0", "limit"],
      ["limit=1001", "limit"],
      ["limit=x", "limit"],
    ]) {
      const { status, body } = await call("GET", `/sessions/${id}/${list}?${query}`);
      expect([query, status, body.detail[0].loc]).toEqual([query, 422, ["query", field]]);
    }
  });

  it("costs what the runs cost that are shown, however long the session is", async () => {
    // A walk to the end of a session meets the next one, if there is one. This one is behind all of them, in every index.
    await seeded(1, { session_id: `~${newId()}` });
    const costs: number[][] = [];
    for (const count of [50, 1_500]) {
      const id = await seeded(count);
      const read: number[] = [];
      for (const query of ["?limit=20", `?limit=20&before=${id}-30`]) {
        d1.forget();
        expect(await listed(id, list, query)).toHaveLength(20);
        read.push(rowsReadBy(d1.operations));
      }
      costs.push(read);
    }
    expect(costs[1]).toEqual(costs[0]);
    // Two messages a run, and of each row its index too.
    for (const rows of costs.flat()) expect(rows).toBeLessThan(20 * 16);
  });

  it("reads no event log of a run that it does not show", async () => {
    const id = await seeded(30);
    d1.forget();
    await listed(id, list, "?limit=5");
    const texts = d1.operations.flatMap(({ statements }) => statements.filter(({ sql }) => sql.includes('"events"')));
    expect(texts).toHaveLength(list === "runs" ? 1 : 0);
    // That one is cut to as many runs as are shown before it looks at any of them.
    if (list === "runs") expect(texts[0]?.params).toContain(5);
  });
});

it("previews are read in one trip to D1", async () => {
  const id = await seeded(3);
  d1.forget();
  expect(await listed(id, "run-previews", `?before=${id}-2&limit=2`)).toHaveLength(2);
  expect(d1.operations).toHaveLength(1);
});
