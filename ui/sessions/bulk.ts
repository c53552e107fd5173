import { tell } from "../app/notices.ts";
import { api } from "../server/api.ts";
import { texts } from "../texts/index.ts";
import type { Job } from "../work/jobs.ts";
import { longWork } from "../work/long-work.ts";
import { restored, undoSeconds } from "./deletion.ts";
import { assume, forget, type Known, known, learn } from "./known.ts";
import { tellFailure } from "./session-acts.ts";
import { tagsAfter } from "./typed-tags.ts";

const said = texts.sessions.bulk;

/** A change of many sessions, as `POST /sessions/bulk` takes it. */
export type BulkChange =
  | { action: "archive" | "unarchive" | "pin" | "unpin" | "delete" }
  | { action: "tag"; add_tags: string[]; remove_tags: string[] };

type DoneJob = Job & { items?: { session_id: string; outcome: string | null; reason: string | null }[] };

/** How many sessions are brought back one by one. */
export const MAX_RESTORED = 50;

/** What a session is behind the change; null: it is gone. */
function changed(session: Known, change: BulkChange): Partial<Known> | null {
  switch (change.action) {
    case "delete":
      return null;
    case "tag":
      return { tags: tagsAfter(session.tags, change) };
    case "archive":
    case "unarchive":
      return { archived: change.action === "archive" };
    case "pin":
    case "unpin":
      return { pinned: change.action === "pin" };
  }
}

/** Shows the change of each at once. Answers what ends that, by whether it was made. */
function assumeOf(session: Known, change: BulkChange): (isMade?: boolean) => void {
  const assumed = changed(session, change);
  if (assumed !== null) return assume(session.session_id, assumed);
  const bringBack = forget(session.session_id);
  // A list that was asked for before may have brought it back.
  return (isMade) => void (isMade ? forget(session.session_id) : bringBack());
}

/** Changes all of them by one request. Of more than 50 the server makes a job, whose progress the page shows. */
export async function changeMany(sessionIds: readonly string[], change: BulkChange): Promise<void> {
  const sessions = sessionIds.map((id) => known(id).peek()).filter((session) => session !== null);
  const ends = new Map(sessions.map((session) => [session.session_id, assumeOf(session, change)]));
  const endAll = (isMade: boolean) => {
    for (const end of ends.values()) end(isMade);
  };
  try {
    const body = { ...change, session_ids: sessionIds };
    const { data } = await api.request<DoneJob>("POST", "/sessions/bulk", { body });
    if (data.items === undefined) {
      const job = await longWork.use((work) => work.followJob(data));
      endAll(job !== null && job.status === "completed" && job.failed === 0);
      return;
    }
    const failed = data.items.filter(({ outcome }) => outcome === "failed");
    for (const { session_id: id } of failed) ends.get(id)?.(false);
    endAll(true);
    tellDone(sessions, change, failed);
  } catch (error) {
    endAll(false);
    tellFailure(said.failed(sessionIds.length), error, () => void changeMany(sessionIds, change));
  }
}

function tellDone(sessions: readonly Known[], change: BulkChange, failed: NonNullable<DoneJob["items"]>): void {
  const notMade = new Set(failed.map(({ session_id: id }) => id));
  if (notMade.size > 0) {
    const names = sessions.filter(({ session_id: id }) => notMade.has(id)).map(({ session_name: name }) => `“${name}”`);
    const reasons: Record<string, string> = texts.work.reasons;
    const [{ reason } = { reason: "" }] = failed;
    tell({ tone: "wrong", text: said.someFailed(names.join(", "), reasons[reason ?? ""] ?? reason ?? "") });
  }
  const made = sessions.filter(({ session_id: id }) => !notMade.has(id));
  const undo = undoOf(made, change);
  const act = undo && { act: { label: texts.sessions.undo, run: undo } };
  if (made.length > 0) tell({ text: said.done[change.action](made.length), ...act });
}

/** What takes the change back; null where that would be as much work as the change, or cannot be done. */
function undoOf(made: readonly Known[], change: BulkChange): (() => void) | null {
  const ids = (sessions: readonly Known[]) => sessions.map(({ session_id: id }) => id);
  switch (change.action) {
    case "archive":
      return () => void changeMany(ids(made), { action: "unarchive" });
    case "delete":
      return undoSeconds() > 0 && made.length <= MAX_RESTORED ? () => void restoreMany(made) : null;
    default:
      return null;
  }
}

/** There is no request that brings many back. What fails can be tried again. */
async function restoreMany(sessions: readonly Known[]): Promise<void> {
  for (const [nth, session] of sessions.entries()) {
    try {
      learn(await restored(session));
    } catch (error) {
      const rest = sessions.slice(nth);
      return tellFailure(said.restoreFailed(rest.length), error, () => void restoreMany(rest));
    }
  }
}

/** Has a model name all of them, one by one in the background. Names that people gave stay. */
export async function nameMany(sessionIds: readonly string[]): Promise<void> {
  try {
    const body = { session_ids: sessionIds, overwrite: "generated" };
    const { data } = await api.request<Job>("POST", "/sessions/names", { body });
    await longWork.use((work) => work.followJob(data));
  } catch (error) {
    tellFailure(said.namesFailed, error, () => void nameMany(sessionIds));
  }
}
