import { signal } from "@preact/signals";
import type { Answer, SessionDetail, SessionMergePatch } from "../../packages/client/src/index.ts";
import { isStaff } from "../access/access.ts";
import { tell } from "../app/notices.ts";
import { api, refused } from "../server/api.ts";
import { toldOf } from "../server/failure.ts";
import { texts } from "../texts/index.ts";
import { assume, type Known, known, learn } from "./known.ts";
import { asOwner } from "./owner.ts";

/** What is under way and shows nothing yet by itself, as `<act> <session id>`. */
export const busy = signal<ReadonlySet<string>>(new Set());

const said = texts.sessions;

/** Tells that something failed, with a way to try again. */
export function tellFailure(what: string, error: unknown, retry: () => void): void {
  if (refused(error)) return;
  const { text, requestId } = toldOf(error);
  tell({ tone: "wrong", text: `${what} ${text}`, requestId, act: { label: texts.app.retry, run: retry } });
}

/** Shows a change at once, asks for it, and takes it back where the server refuses it. Answers whether it was made. */
export async function changeAtOnce(
  sessionId: string,
  change: Partial<Known>,
  ask: (session: Known) => Promise<Answer<SessionDetail>>,
): Promise<{ ok: true } | { ok: false; error: unknown }> {
  const session = known(sessionId).peek();
  if (session === null) return { ok: true };
  const end = assume(sessionId, change);
  try {
    learn((await ask(session)).data);
    return { ok: true };
  } catch (error) {
    return { ok: false, error };
  } finally {
    end();
  }
}

/** Sets what is no name: the newest wish counts, whatever others have changed. */
async function set(sessionId: string, patch: SessionMergePatch & Partial<Known>, what: string): Promise<boolean> {
  const done = await changeAtOnce(sessionId, patch, (session) =>
    api.sessions.patch(sessionId, patch, asOwner(session)),
  );
  if (!done.ok) tellFailure(what, done.error, () => void set(sessionId, patch, what));
  return done.ok;
}

export const setTags = (sessionId: string, tags: string[]) => set(sessionId, { tags }, said.tagsFailed);

export const setPinned = (sessionId: string, pinned: boolean) => set(sessionId, { pinned }, said.pinFailed);

export async function setArchived(sessionId: string, archived: boolean): Promise<void> {
  if (!(await set(sessionId, { archived }, archived ? said.archiveFailed : said.unarchiveFailed))) return;
  const undo = { label: said.undo, run: () => void set(sessionId, { archived: !archived }, said.unarchiveFailed) };
  tell({ text: archived ? said.archived : said.unarchived, act: undo });
}

export const isOthers = ({ user_id: userId }: Known): boolean => isStaff.value && !!userId;
