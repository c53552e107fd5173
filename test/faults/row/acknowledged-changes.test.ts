/**
 * A change that a caller was told of must be there at the end. The cases put it beside every other write of the session, in
 * every order, with a memory that is full, half or empty, where D1's answer is lost, and where the object dies.
 */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineTool, type Tool } from "../../../src/domain/tool.ts";
import { testAgent } from "../../support/agents.ts";
import {
  accepts,
  answers,
  continues,
  type Fault,
  heldAfter,
  heldBefore,
  pauses,
  settles,
  starts,
  unanswered,
  unsent,
  type Which,
  watchD1,
} from "../../support/d1-faults.ts";
import { CONFIRM, openAnswer, pausedRun, yes } from "../../support/deaths.ts";
import { type Answer, call, newId, openRun, run } from "../../support/http.ts";
import { sleep } from "../../support/model-connection.ts";
import { deleteWithUndo } from "../../support/retention.ts";
import { gate, hold, scriptModel, text, toolCall, until } from "../../support/scripted-model.ts";
import { eventually, journalOf, killObjects, ring, runsOf } from "../../support/session-story.ts";

const model = scriptModel();
const d1 = watchD1();

/** Long enough for a call that is about to stand in line to do so. */
const IN_LINE_MS = 30;

const counts = (name: string, its: Partial<Tool> = {}): Tool =>
  defineTool({
    name,
    description: "",
    parameters: z.object({}),
    execute: (_, { updateState }) => updateState((state) => ({ ...state, count: Number(state.count ?? 0) + 1 })).count,
    ...its,
  });

interface Scene {
  agent: string;
  session_id: string;
}

/** A write of the session that the change meets. `begin` leads to it. */
interface Beside {
  which: (session_id: string) => Which;
  /** What this write leaves in the state if nothing fails. */
  leaves: object;
  /** Sets the scene, and returns the function that `begin` goes on with. */
  prepare?(scene: Scene): Promise<() => unknown>;
  begin(scene: Scene, goOn: () => unknown): unknown;
  /** What has to be done after a write that failed. */
  end?(scene: Scene, goOn: () => unknown): unknown;
  /** Whether the object's memory holds what `prepare` made, so that a killed object loses it. */
  isLive?: boolean;
  /** Whether the session may be hidden when the change comes. The change may then be answered with 404. */
  hides?: boolean;
}

const options = ({ agent, session_id }: Scene) => ({ agent, session_id });
const pausedIn = async ({ agent, session_id }: Scene) => {
  model.next([toolCall("approved", {})]);
  return pausedRun(`/agents/${agent}`, session_id);
};
/** A run that has called these tools and is held in its model. Returns the function that lets it go on. */
const heldRun = async (scene: Scene, ...calls: string[]) => {
  const point = gate();
  if (calls.length > 0) model.next(calls.map((name) => toolCall(name, {})));
  model.next([hold(point), text("done")]);
  await openRun("held", options(scene));
  await point.reached();
  return point.release;
};
const hides = (session_id: string): Which => sessionsSet(session_id, /^update "sessions" set "visibility" = \?/);
const restores = (session_id: string): Which => sessionsSet(session_id, /^update "sessions" set "visibility" = iif/);
const sessionsSet =
  (session_id: string, like: RegExp): Which =>
  ({ statements }) =>
    statements.some(({ sql, params }) => like.test(sql) && params.includes(session_id));
const restore = ({ session_id }: Scene) => call("POST", `/sessions/${session_id}/restore`);

const beside: Record<string, Beside> = {
  "the accept of a run with an argument": {
    which: accepts,
    leaves: { b: 1 },
    begin: (scene) => openRun("go", { ...options(scene), session_state: { b: 1 } }),
  },
  "the accept of a run whose tool changes the state": {
    which: accepts,
    leaves: { count: 1 },
    begin: (scene) => {
      model.next([toolCall("increment", {})], "done");
      return openRun("go", options(scene));
    },
  },
  "the accept of a run that waits": {
    which: accepts,
    leaves: { b: 1 },
    prepare: (scene) => heldRun(scene),
    begin: async (scene, goOn) => {
      const opened = openRun("go", { ...options(scene), session_state: { b: 1 } });
      await sleep(IN_LINE_MS);
      goOn();
      return opened;
    },
    isLive: true,
  },
  "the start of a run that waited": {
    which: starts,
    leaves: { b: 1 },
    prepare: async (scene) => {
      const goOn = await heldRun(scene);
      await openRun("go", { ...options(scene), session_state: { b: 1 } });
      return goOn;
    },
    begin: (_, goOn) => goOn(),
    isLive: true,
  },
  "answers to a paused run": {
    which: answers,
    leaves: { count: 1 },
    prepare: async (scene) => {
      const paused = await pausedIn(scene);
      return () => openAnswer(paused, yes);
    },
    begin: (_, answer) => answer(),
  },
  "the start of a continued run": {
    which: continues,
    leaves: { count: 1 },
    prepare: async (scene) => {
      const paused = await pausedIn(scene);
      return () => openAnswer(paused, yes);
    },
    begin: (_, answer) => answer(),
  },
  "the end of a run that changed the state": {
    which: settles,
    leaves: { count: 1 },
    prepare: (scene) => heldRun(scene, "increment"),
    begin: (_, goOn) => goOn(),
    isLive: true,
  },
  "the end of a run that changed nothing": {
    which: settles,
    leaves: {},
    prepare: (scene) => heldRun(scene),
    begin: (_, goOn) => goOn(),
    isLive: true,
  },
  "the pause of a run that changed the state": {
    which: pauses,
    leaves: { count: 1 },
    begin: (scene) => {
      model.next([toolCall("increment", {}), toolCall("approved", {}, { id: "c2" })]);
      return openRun("go", options(scene));
    },
  },
  "a delete that is undone": {
    which: hides,
    leaves: {},
    prepare: (scene) => heldRun(scene, "increment"),
    begin: async (scene) => {
      await deleteWithUndo(scene.session_id);
      await restore(scene);
    },
    end: async (scene, goOn) => {
      goOn();
      await restore(scene);
    },
    isLive: true,
    hides: true,
  },
  "a restore": {
    which: restores,
    leaves: {},
    prepare: async (scene) => {
      await deleteWithUndo(scene.session_id);
      return () => {};
    },
    begin: restore,
    end: restore,
    hides: true,
  },
};

const changes = (session_id: string): Which => sessionsSet(session_id, /^update "sessions" set .*"tags" = \?/);
const change = ({ session_id }: Scene): Promise<Answer> =>
  call(
    "PATCH",
    `/sessions/${session_id}`,
    JSON.stringify({ session_state: { x: 1 }, tags: ["kept"], session_name: "Kept" }),
    { "Content-Type": "application/merge-patch+json" },
  );
const sessionOf = ({ session_id }: Scene) => call("GET", `/sessions/${session_id}`);

/** Brings the change and the other write into an order. Whatever an order holds, it releases in the end. */
type Order = (scene: Scene, besides: Beside, begin: () => unknown) => Promise<Answer>;

const changeFirst =
  (held: (point: ReturnType<typeof gate>) => Fault): Order =>
  async (scene, _, begin) => {
    const point = gate();
    d1.next(changes(scene.session_id), held(point));
    const changing = change(scene);
    await Promise.race([point.reached(), changing]);
    begin();
    await sleep(IN_LINE_MS);
    point.release();
    return changing;
  };
const changeLast =
  (held: (point: ReturnType<typeof gate>) => Fault): Order =>
  async (scene, { which }, begin) => {
    const point = gate();
    d1.next(which(scene.session_id), held(point));
    begin();
    await point.reached();
    const changing = change(scene);
    await sleep(IN_LINE_MS);
    point.release();
    return changing;
  };
/**
 * The other write fails, or it is written and its answer is lost. The change comes after the third try, behind what the
 * object does about that.
 */
const otherFails =
  (fault: () => Fault): Order =>
  async (scene, { which }, begin) => {
    d1.next(which(scene.session_id), fault(), 3);
    begin();
    await until(() => d1.operations.filter(which(scene.session_id)).length >= 3, "the write");
    return change(scene);
  };
/** The change is acknowledged, and the object dies while the other write is under way. */
const dies =
  (held: (point: ReturnType<typeof gate>) => Fault): Order =>
  async (scene, { which }, begin) => {
    const [changePoint, point] = [gate(), gate()];
    d1.next(changes(scene.session_id), heldBefore(changePoint));
    const changing = change(scene);
    await Promise.race([changePoint.reached(), changing]);
    d1.next(which(scene.session_id), held(point));
    begin();
    await sleep(IN_LINE_MS);
    changePoint.release();
    const changed = await changing;
    await point.reached();
    await killObjects();
    point.release();
    return changed;
  };

const orders: Record<string, Order> = {
  "the change first": changeFirst(heldBefore),
  "the change first, its answer late": changeFirst(heldAfter),
  "the change first, its answer lost once": changeFirst(
    (point) => (send, operation) => unanswered()(() => heldAfter(point)(send, operation), operation),
  ),
  "the change last": changeLast(heldBefore),
  "the change last, the other's answer late": changeLast(heldAfter),
  "the change last, the other not written": otherFails(unsent),
  "the change last, the other's answer lost": otherFails(unanswered),
  "a death before the other is written": dies(heldBefore),
  "a death behind the other": dies(heldAfter),
};

/** What the object remembers of the session when the two writes come. */
const memories: Record<string, (scene: Scene) => Promise<unknown>> = {
  "that is remembered": async () => {},
  // The `If-Match` fails, so the object reads the row again. It does not read the runs again.
  "of which the row is remembered": ({ session_id }) =>
    call("PATCH", `/sessions/${session_id}`, { tags: [] }, { "If-Match": '"another"' }),
  "of which nothing is remembered": killObjects,
};

const FAILS = ["the change last, the other not written", "the change last, the other's answer lost"];
const isWritten = (order: string) => !FAILS.includes(order) && !order.startsWith("a death");

/**
 * An object that does not remember everything plans the two writes on what it reads. That makes a difference in these orders
 * only.
 */
const READING = [
  "the change first",
  "the change last",
  "a death before the other is written",
  "a death behind the other",
];
const isCase = (order: string, { isLive = false }: Beside, memory: string) =>
  memory === "that is remembered" ||
  (READING.includes(order) && !(isLive && memory === "of which nothing is remembered"));
const cases = Object.keys(memories).flatMap((memory) =>
  Object.keys(orders).flatMap((order) =>
    Object.entries(beside)
      .filter(([, other]) => isCase(order, other, memory))
      .map(([other]) => [order, other, memory] as const),
  ),
);

describe("a change that was told is there at the end", () => {
  it.each(cases)("%s, beside %s, of a session %s", async (order, other, memory) => {
    const agent = testAgent({ tools: [counts("increment"), counts("approved", CONFIRM)], naming: { after: 0 } });
    const scene: Scene = { agent, session_id: newId() };
    const written = beside[other] as Beside;
    await run("before", { ...options(scene), session_state: { a: 1 } });
    const goOn = (await written.prepare?.(scene)) ?? (() => {});
    await memories[memory]?.(scene);
    const begin = async () => written.begin(scene, goOn);
    // The caller of the other write may be told that it failed.
    const changed = await (orders[order] as Order)(scene, written, () => void begin().catch(() => {}));
    await written.end?.(scene, goOn);
    await eventually(
      async () => {
        if ((await journalOf(scene.session_id)).length > 0) await ring(scene.session_id);
        return [await runsOf(scene.session_id), await journalOf(scene.session_id)] as const;
      },
      ([runs, journal]) =>
        Array.isArray(runs) &&
        runs.every(({ status }) => status !== "RUNNING" && status !== "PENDING") &&
        journal.length === 0,
    );
    const after = await sessionOf(scene);
    const { session_state, tags, session_name } = after.body;
    if (changed.status === 404 && written.hides) return;
    expect([changed.status, session_state, tags, session_name]).toMatchObject([200, { a: 1, x: 1 }, ["kept"], "Kept"]);
    if (isWritten(order)) expect(session_state).toMatchObject(written.leaves);
    if (after.headers.get("ETag") === changed.headers.get("ETag")) {
      expect(session_state).toEqual(changed.body.session_state);
    }
  });
});
