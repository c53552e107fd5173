import { signal } from "@preact/signals";
import type { Requirement, RequirementList } from "../../packages/client/src/index.ts";
import { api, refused } from "../server/api.ts";
import { type Told, toldOf } from "../server/failure.ts";
import { runOfRow } from "./asked.ts";
import { cardOf, isOpen } from "./cards.ts";
import { lookUp } from "./fate.ts";
import { merged } from "./merged.ts";
import { takeCount } from "./open-count.ts";

const PAGE = 50;

/** What is shown: what was open when it was loaded, newest first. What was answered since then stays until one leaves. */
export const rows = signal<readonly Requirement[] | null>(null);
export const failed = signal<Told | null>(null);
/** Where older ones begin; null where there are none, or nobody has looked. */
export const cursor = signal<string | null>(null);
export const isLoadingMore = signal(false);

/** What came since then in other sessions. It is not shown by itself: it would move what one is about to press. */
export const fresh = signal<readonly Requirement[]>([]);

/** Begins anew: without what is settled, with what came. */
export function beginList(): void {
  rows.value = rows.peek() && [...fresh.peek(), ...(rows.peek() ?? [])].filter(({ id }) => isOpen(id));
  fresh.value = [];
}

/** Asks what is open now. Rejects where the server does not say it: who asks again and again is told. */
export async function loadOpen({ isFirst = false } = {}): Promise<void> {
  const page = await ask(undefined);
  const before = rows.peek();
  failed.value = null;
  takeCount(page.meta);
  if (before === null || before.length <= PAGE) cursor.value = page.meta.next_cursor;
  const { shown, later, gone } = merged(before ?? [], page, isFirst || !before?.some(({ id }) => isOpen(id)));
  // Polled, it mostly says the same again.
  if (shown.length !== before?.length) rows.value = shown;
  if (later.length !== fresh.peek().length) fresh.value = later;
  await settleGone(gone.filter(({ id }) => cardOf(id).fate.peek().state === "open"));
}

/** The same for a person who waits for it. */
export async function showOpen(): Promise<void> {
  try {
    await loadOpen({ isFirst: true });
  } catch (error) {
    if (!refused(error)) failed.value = toldOf(error);
  }
}

export async function loadMore(): Promise<void> {
  const from = cursor.peek();
  if (from === null || isLoadingMore.peek()) return;
  isLoadingMore.value = true;
  try {
    const page = await ask(from);
    const shown = new Set(rows.peek()?.map(({ id }) => id));
    rows.value = [...(rows.peek() ?? []), ...page.data.filter(({ id }) => !shown.has(id))];
    cursor.value = page.meta.next_cursor;
    failed.value = null;
  } catch (error) {
    if (!refused(error)) failed.value = toldOf(error);
  } finally {
    isLoadingMore.value = false;
  }
}

async function ask(from: string | undefined): Promise<RequirementList> {
  const query = { status: "open", limit: PAGE, cursor: from };
  return (await api.request<RequirementList>("GET", "/requirements", { query })).data;
}

/** What is not among the open ones any more was answered elsewhere, has expired, or its run is over. */
async function settleGone(gone: readonly Requirement[]): Promise<void> {
  const runs = new Map(gone.map((row) => [row.run_id, runOfRow(row)]));
  for (const run of runs.values()) {
    const ids = gone.flatMap(({ id, run_id: runId }) => (runId === run.runId ? [id] : []));
    const { settled, open } = await lookUp(run, ids);
    // Its session is deleted, or is another's by now: nothing is asked any more.
    const lost = new Set(ids.filter((id) => !settled.includes(id) && !open.includes(id)));
    if (lost.size > 0) rows.value = rows.peek()?.filter(({ id }) => !lost.has(id)) ?? null;
  }
}
