import { announce } from "../app/announce.ts";
import { tell } from "../app/notices.ts";
import { device } from "../app/stored.ts";
import { toldOf } from "../server/failure.ts";
import { pollNow } from "../server/poll.ts";
import { texts } from "../texts/index.ts";
import { allWork, type Work } from "./all-work.ts";
import { dropKept } from "./kept.ts";
import { paceOf, type Sample, withSample } from "./pace.ts";

const SHOWN_AFTER_MS = 300;

const samples = new Map<string, readonly Sample[]>();
const endings = new Map<string, AbortController>();

type Begun = Pick<Work, "id" | "title" | "unit" | "total"> & Partial<Work>;

/** Shows work, and answers the signal that ends it. */
export function begin(work: Begun): AbortSignal {
  close(work.id);
  const ending = new AbortController();
  endings.set(work.id, ending);
  const isNew = {
    isShown: false,
    isHere: false,
    done: 0,
    pace: null,
    state: "running",
    note: "",
    failure: null,
    failed: 0,
  } as const;
  allWork.value = [...allWork.peek(), { ...isNew, ...work }];
  setTimeout(() => change(work.id, { isShown: true }), SHOWN_AFTER_MS);
  return ending.signal;
}

export function change(id: string, changed: Partial<Work>): void {
  allWork.value = allWork.peek().map((work) => (work.id === id ? withPace({ ...work, ...changed }, changed) : work));
}

/** The server does not answer, or answers again. */
export function setAway(id: string, isAway: boolean): void {
  const [from, to] = isAway ? (["running", "away"] as const) : (["away", "running"] as const);
  if (allWork.peek().some((work) => work.id === id && work.state === from)) change(id, { state: to });
}

function withPace(work: Work, { done }: Partial<Work>): Work {
  if (done === undefined) return work;
  const known = withSample(samples.get(work.id) ?? [], { atMs: performance.now(), done });
  samples.set(work.id, known);
  return { ...work, pace: paceOf(known, work.total) };
}

/** It is over. Where nothing is left to look at, it says so and goes. */
export function end(id: string, note: string, ended: Pick<Work, "failed"> & Partial<Work> = { failed: 0 }): void {
  dropKept(device, id);
  // It has changed what lists show.
  pollNow();
  const title = allWork.peek().find((work) => work.id === id)?.title;
  const text = `${title}: ${note}`;
  if (ended.failed === 0) {
    close(id);
    tell({ text });
    return;
  }
  change(id, { ...ended, state: "ended", isShown: true, note });
  announce(text);
}

/** It waits for somebody to have it go on. */
export function stay(id: string, note: string, again: { label: string; run(): void }): void {
  change(id, { state: "parted", isShown: true, note, again });
}

/** It cannot go on. */
export function fail(id: string, error: unknown, again?: () => void): void {
  if (endings.get(id)?.signal.aborted !== false) return;
  dropKept(device, id);
  const told = toldOf(error);
  const run = () => {
    close(id);
    again?.();
  };
  const act = again && { label: texts.app.retry, run };
  change(id, { state: "failed", isShown: true, failure: told, ...(act && { again: act }) });
  announce(told.text);
}

/** Ends what goes on of it here, and shows it no more. */
export function close(id: string): void {
  endings.get(id)?.abort(new Error("closed"));
  endings.delete(id);
  samples.delete(id);
  allWork.value = allWork.peek().filter((work) => work.id !== id);
}

/** A person is done with it. */
export function dismiss(id: string): void {
  dropKept(device, id);
  close(id);
}

/** Somebody else uses the page now: the work of who was here before is not theirs to see. */
export function closeAll(): void {
  for (const id of [...endings.keys()]) close(id);
}

export const isGoingOn = (id: string): boolean => endings.has(id);

// What ends with the page is not lost by an oversight.
globalThis.addEventListener?.("beforeunload", (event) => {
  const ends = allWork.peek().some(({ isHere, state }) => isHere && state !== "ended" && state !== "failed");
  if (ends) event.preventDefault();
});
