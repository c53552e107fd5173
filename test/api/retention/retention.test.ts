/** What goes by itself: sessions whose time is over, what was deleted long enough ago, imports that never ended. */
import { describe, expect, it } from "vitest";
import { PURGE_ROWS } from "../../../src/store/sessions/hiding.ts";
import { testAgent } from "../../support/agents.ts";
import { heldBefore, type Operation, unsent, watchD1 } from "../../support/d1-faults.ts";
import { call, newId, openRun, run } from "../../support/http.ts";
import { pausedRun } from "../../support/paused-runs.ts";
import { peopleAgent } from "../../support/people-tools.ts";
import { rowOf, setRow, storageOf, tick, tickWithUndo } from "../../support/retention.ts";
import { seedRuns } from "../../support/rows.ts";
import { gate, hold, scriptModel, text, toolCall } from "../../support/scripted-model.ts";
import { eventually, killObjects, ring, rowsOf, storyOf } from "../../support/session-story.ts";
import { leading, say } from "../../support/teams.ts";

const model = scriptModel();
const d1 = watchD1();

const NOTHING = { sessions: 0, runs: 0, messages: 0 };
const ago = (seconds: number) => Date.now() - seconds * 1000;
const exists = async (id: string) => (await call("GET", `/sessions/${id}`)).status === 200;
const purgesOf = (id: string) => (operation: Operation) =>
  operation.statements.some(({ sql, params }) => /^delete from .* where \(?rowid in/.test(sql) && params.includes(id));

async function session(columns: Record<string, unknown>, agent = "assistant"): Promise<string> {
  const session_id = newId();
  await run("hello", { session_id, agent });
  await setRow(session_id, columns);
  await killObjects();
  return session_id;
}

describe("a time to live", () => {
  it("of the session goes before its agent's, and that before the deployment's", async () => {
    const SESSION_TTL_SECONDS = "1000";
    const brief = testAgent({ sessionTtlSeconds: 100 });
    const lasting = testAgent({ sessionTtlSeconds: 10_000 });
    const gone = [
      await session({ updated_at: ago(60), ttl_seconds: 50 }),
      await session({ updated_at: ago(60), ttl_seconds: 50 }, lasting),
      await session({ updated_at: ago(110) }, brief),
      await session({ updated_at: ago(1_010) }),
      await session({ updated_at: ago(1_010), visibility: "archived", archived_at: 1, pinned_at: 1 }),
    ];
    const kept = [
      await session({ updated_at: ago(40), ttl_seconds: 50 }),
      await session({ updated_at: ago(110), ttl_seconds: 200 }, brief),
      await session({ updated_at: ago(90) }, brief),
      await session({ updated_at: ago(1_010) }, lasting),
      await session({ updated_at: ago(990) }),
      await session({ updated_at: ago(1_010), ttl_seconds: 2_000 }),
    ];
    await tick({ SESSION_TTL_SECONDS });
    expect(await Promise.all(gone.map(rowsOf))).toEqual(gone.map(() => NOTHING));
    expect(await Promise.all(kept.map(exists))).toEqual(kept.map(() => true));
  });

  it("of a team counts for the sessions of the team, and none is for ever", async () => {
    const team = leading([testAgent({})], { sessionTtlSeconds: 100 });
    const [session_id, forever] = [newId(), await session({ updated_at: 1 })];
    say(model, { leader: ["hi"] });
    await call("POST", `/teams/${team}/runs`, { message: "hello", stream: false, session_id });
    await setRow(session_id, { updated_at: ago(101) });
    await killObjects();
    await tick();
    expect(await rowsOf(session_id)).toEqual(NOTHING);
    expect(await exists(forever)).toBe(true);
  });

  it("deletes as a caller would where that can be undone, and a restored session begins it anew", async () => {
    const session_id = await session({ updated_at: ago(60), ttl_seconds: 50 });
    await tickWithUndo();
    expect(await rowOf(session_id)).toMatchObject({ visibility: "deleted" });
    expect((await call("POST", `/sessions/${session_id}/restore`)).status).toBe(200);
    await tickWithUndo();
    expect(await exists(session_id)).toBe(true);
  });

  it("ends a session that waits for people, too", async () => {
    const [{ agent }, session_id] = [peopleAgent(), newId()];
    model.next([toolCall("wipe", { disk: 1 })]);
    await pausedRun("go", { agent, session_id });
    await setRow(session_id, { updated_at: ago(60), ttl_seconds: 50 });
    await killObjects();
    await tick();
    expect(await rowsOf(session_id)).toEqual(NOTHING);
  });

  it("is not over while a run is active, and a run that arrives before the object is asked wins", async () => {
    const session_id = await session({ updated_at: ago(60), ttl_seconds: 50 });
    const point = gate();
    model.next([text("Half"), hold(point), text(" whole")]);
    const active = await openRun("again", { session_id });
    await active.until("RunContent");
    await tick();
    expect(await exists(session_id)).toBe(true);
    point.release();
    await active.rest();
    await tick();
    expect((await storyOf(session_id)).at(-1)).toBe("again → COMPLETED: Half whole");
  });
});

describe("the purge", () => {
  it("removes what cannot be restored any more, and only that", async () => {
    const [old, fresh] = [
      await session({ visibility: "deleted", hidden_at: ago(3_601) }),
      await session({ visibility: "deleted", hidden_at: ago(3_500) }),
    ];
    await tickWithUndo();
    expect(await rowsOf(old)).toEqual(NOTHING);
    expect(await storageOf(old)).toEqual([]);
    expect(await rowsOf(fresh)).toMatchObject({ sessions: 1, runs: 1 });
  });

  it("removes imports that never ended, and leaves those that may", async () => {
    const [old, fresh] = [
      await session({ visibility: "importing", hidden_at: ago(3_601) }),
      await session({ visibility: "importing", hidden_at: ago(3_000) }),
    ];
    expect((await run("hello", { session_id: fresh })).status).toBe(404);
    await tick();
    expect(await rowsOf(old)).toEqual(NOTHING);
    expect(await rowsOf(fresh)).toMatchObject({ sessions: 1 });
    await setRow(fresh, { visibility: "listed", hidden_at: null });
    expect((await run("hello", { session_id: fresh })).status).toBe(200);
  });
});

describe("a session that is too large for one batch", () => {
  async function large(): Promise<string> {
    const session_id = newId();
    await call("POST", "/sessions", { session_id });
    await seedRuns(session_id, PURGE_ROWS + 1);
    return session_id;
  }

  it("is gone when the delete is answered, by batches that each remove no more than they may", async () => {
    const session_id = await large();
    d1.forget();
    expect((await call("DELETE", `/sessions/${session_id}`)).status).toBe(204);
    expect(await rowsOf(session_id)).toEqual(NOTHING);
    const removed = d1.operations.map(({ statements }) =>
      Math.max(...statements.map(({ rowsWritten }) => rowsWritten)),
    );
    // A row that is removed counts with its entries in two indexes.
    expect(Math.max(...removed)).toBeLessThanOrEqual(3 * PURGE_ROWS);
    expect((await call("POST", "/sessions", { session_id })).status).toBe(201);
    expect(await storageOf(session_id)).toEqual([]);
  });

  it("whose object dies in the middle exists for nobody, and the cron trigger finishes it", async () => {
    const [session_id, point] = [await large(), gate()];
    const step = purgesOf(session_id);
    d1.next(step, (send) => send(), 2);
    d1.next(step, heldBefore(point));
    const deleting = call("DELETE", `/sessions/${session_id}`);
    await point.reached();
    await killObjects();
    expect((await deleting).status).toBe(503);
    expect((await rowsOf(session_id)).messages).toBeGreaterThan(0);
    expect(await exists(session_id)).toBe(false);
    expect((await call("POST", "/sessions", { session_id })).status).toBe(409);
    const late = await run("hello", { session_id });
    expect([late.status, late.body.code]).toEqual([409, "session_deleted"]);
    expect((await call("POST", `/sessions/${session_id}/restore`)).status).toBe(404);
    await tickWithUndo();
    expect(await rowsOf(session_id)).toEqual(NOTHING);
    expect(await storageOf(session_id)).toEqual([]);
  });

  it("is finished by its object's alarm where D1 goes away in the middle", async () => {
    const session_id = await large();
    const step = purgesOf(session_id);
    d1.next(step, (send) => send(), 1);
    d1.always(step, unsent());
    expect((await call("DELETE", `/sessions/${session_id}`)).status).toBe(204);
    expect(await rowsOf(session_id)).toMatchObject({ sessions: 1 });
    d1.heal();
    await eventually(
      async () => {
        await ring(session_id);
        return rowsOf(session_id);
      },
      ({ sessions }) => sessions === 0,
    );
    expect(await rowsOf(session_id)).toEqual(NOTHING);
    expect(await storageOf(session_id)).toEqual([]);
  });
});
