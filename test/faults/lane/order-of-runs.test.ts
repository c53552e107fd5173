/** A run that waited is being started, and the start fails. Runs that were acknowledged meanwhile must keep their order. */
import { describe, expect, it } from "vitest";
import { testAgent } from "../../support/agents.ts";
import {
  continues,
  type Fault,
  heldAfter,
  heldBefore,
  heldUnsent,
  starts,
  unsent,
  type Which,
  watchD1,
} from "../../support/d1-faults.ts";
import { CONFIRM, openAnswer, pausedRun, watchedTool, yes } from "../../support/deaths.ts";
import { newId, openRun } from "../../support/http.ts";
import { type Gate, gate, hold, scriptModel, text, toolCall, until } from "../../support/scripted-model.ts";
import { eventually, killObjects, ring, runCalls, shown, storyOf } from "../../support/session-story.ts";

const model = scriptModel();
const d1 = watchD1();

/** The messages of the runs that have asked their model, in the order in which they asked. */
const asked = () => runCalls(model).map((made) => shown(made).findLast((line) => line.startsWith("user: ")));

/** How a start fails that is held at the point, and what then brings the session back. */
interface Failure {
  held(point: Gate): Fault;
  /** The fault of the tries after the first. */
  again: Fault | null;
  happen(session_id: string, point: Gate, start: Which): Promise<unknown>;
}
const death = (held: Failure["held"]): Failure => ({
  held,
  again: null,
  happen: async (session_id) => {
    await killObjects();
    await ring(session_id);
  },
});
const failures: [what: string, failure: Failure][] = [
  ["its object dies before it is written", death(heldBefore)],
  ["its object dies once it is written", death(heldAfter)],
  [
    "D1 is away",
    {
      held: heldUnsent,
      again: unsent(),
      happen: async (session_id, point, start) => {
        point.release();
        await until(() => d1.operations.filter(start).length >= 3, "the start");
        await ring(session_id);
      },
    },
  ],
];

/** Holds the next start of this kind, and has it fail. */
function holdStart(start: Which, { held, again }: Failure): Gate {
  const point = gate();
  d1.next(start, held(point));
  if (again !== null) d1.next(start, again, 2);
  return point;
}

/** A session whose run `zero` is held in its model. */
async function busySession(agent?: string, session_id = newId()) {
  const working = gate();
  model.next([hold(working), text("done")]);
  const options = { session_id, ...(agent !== undefined && { agent }) };
  await openRun("zero", options);
  await working.reached();
  return { session_id, working, arrive: (message: string, more = {}) => openRun(message, { ...options, ...more }) };
}

const ended = (session_id: string, count: number) =>
  eventually(
    () => storyOf(session_id),
    (story) => story.filter((line) => !/ → (PENDING|RUNNING|PAUSED)/.test(line)).length === count,
  );

describe("a run that arrives while the one that waited first is being started", () => {
  it.each(failures)("goes behind that one though %s", async (_, failure) => {
    const { session_id, working, arrive } = await busySession();
    const next = gate();
    model.next([hold(next), text("done")]);
    await arrive("one");
    await arrive("two");
    working.release();
    await next.reached();
    const starting = holdStart(starts(session_id), failure);
    next.release();
    await starting.reached();
    await arrive("three");
    await failure.happen(session_id, starting, starts(session_id));
    await ended(session_id, 4);
    expect(asked()).toEqual(["user: zero", "user: one", "user: two", "user: three"]);
  });

  it.each(failures)("goes before that one where it interrupts it, though %s", async (_, failure) => {
    const { session_id, arrive } = await busySession();
    await arrive("one");
    const starting = holdStart(starts(session_id), failure);
    await arrive("two", { on_busy: "interrupt" });
    await starting.reached();
    await arrive("three", { on_busy: "interrupt" });
    await failure.happen(session_id, starting, starts(session_id));
    const story = await ended(session_id, 4);
    expect(story.map((line) => line.split(" ")[0])).toEqual(["zero", "three", "two", "one"]);
  });
});

/** A paused run of an agent whose tool may run twice. */
async function paused(point: Gate | null = null) {
  const session_id = newId();
  const { tool } = watchedTool("slow", { ...CONFIRM, idempotent: true }, point);
  const agent = testAgent({ tools: [tool], naming: { after: 0 } });
  model.next([toolCall("slow", { what: "a" })]);
  return { agent, session_id, run: await pausedRun(`/agents/${agent}`, session_id) };
}

describe("a run that arrives while a continued one", () => {
  it.each(failures)("is being started goes behind that one though %s", async (_, failure) => {
    const { agent, session_id, run } = await paused();
    const { working, arrive } = await busySession(agent, session_id);
    const next = gate();
    model.next([hold(next), text("done")]);
    await arrive("one");
    await openAnswer(run, yes);
    working.release();
    await next.reached();
    const starting = holdStart(continues(session_id), failure);
    next.release();
    await starting.reached();
    await arrive("three");
    await failure.happen(session_id, starting, continues(session_id));
    await ended(session_id, 4);
    expect(asked()).toEqual(["user: go", "user: zero", "user: one", "user: go", "user: three"]);
  });

  it("runs goes behind that one, which goes on by itself when its object has died", async () => {
    const point = gate();
    const { agent, session_id, run } = await paused(point);
    const { working, arrive } = await busySession(agent, session_id);
    await arrive("one");
    await openAnswer(run, yes);
    working.release();
    await point.reached();
    await arrive("three");
    await killObjects();
    point.release();
    await ring(session_id);
    await ended(session_id, 4);
    expect(asked()).toEqual(["user: go", "user: zero", "user: one", "user: go", "user: three"]);
  });
});
