import { signal } from "@preact/signals";
import type { Answer, SessionDetail, SessionMergePatch } from "../../packages/client/src/index.ts";
import { isStaff, may, server } from "../access/access.ts";
import { tell } from "../app/notices.ts";
import { go, openSessionId, sessionScreen } from "../app/place.ts";
import { api, refused } from "../server/api.ts";
import { toldOf } from "../server/failure.ts";
import { texts } from "../texts/index.ts";
import { assume, forget, type Known, known, learn } from "./known.ts";
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

/** Does something of which the page shows that it is under way; not twice at once. */
async function whileBusy(key: string, task: () => Promise<void>): Promise<void> {
  if (busy.peek().has(key)) return;
  busy.value = new Set(busy.peek()).add(key);
  try {
    await task();
  } finally {
    busy.value = new Set([...busy.peek()].filter((one) => one !== key));
  }
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

/** Has a model name it. */
export const generateName = (sessionId: string): Promise<void> =>
  whileBusy(`name ${sessionId}`, async () => {
    const session = known(sessionId).peek();
    if (session === null) return;
    try {
      const { data } = await api.sessions.rename(sessionId, { generate: true }, asOwner(session));
      learn(data);
      if (data.name_error !== undefined) tell({ tone: "wrong", text: `${said.generateFailed} ${data.name_error}` });
    } catch (error) {
      tellFailure(said.generateFailed, error, () => void generateName(sessionId));
    }
  });

/** How long a deleted session can be brought back; 0: it cannot. */
export const undoSeconds = (): number => server.peek()?.delete_undo_seconds ?? 0;

/** Deletes it. Who looks at it is shown the inbox. */
export async function deleteSession(sessionId: string): Promise<void> {
  const session = known(sessionId).peek();
  if (session === null) return;
  const bringBack = forget(sessionId);
  if (openSessionId.peek() === sessionId) go({ screen: "inbox" }, { replace: true });
  try {
    await api.sessions.delete(sessionId, asOwner(session));
  } catch (error) {
    bringBack();
    tellFailure(said.deleteFailed, error, () => void deleteSession(sessionId));
    return;
  }
  // A list that was asked for before may have brought it back.
  forget(sessionId);
  const undo = { label: said.undo, run: () => void restoreSession(session) };
  tell({ text: said.deleted, ...(undoSeconds() > 0 && { act: undo }) });
}

/** Brings a deleted session back. */
async function restoreSession(session: Known): Promise<void> {
  try {
    learn(await restored(session));
  } catch (error) {
    tellFailure(said.restoreFailed, error, () => void restoreSession(session));
  }
}

export async function restored(session: Known): Promise<SessionDetail> {
  const path = `/sessions/${encodeURIComponent(session.session_id)}/restore`;
  return (await api.request<SessionDetail>("POST", path, asOwner(session))).data;
}

/** The agent or the team that it is with, as its routes begin; null where it is with none yet. */
function componentOf({ agent_id: agentId, team_id: teamId }: Known) {
  if (teamId) return { path: `/teams/${encodeURIComponent(teamId)}`, mayRun: may("teams:run", teamId) };
  return agentId ? { path: `/agents/${encodeURIComponent(agentId)}`, mayRun: may("agents:run", agentId) } : null;
}

/** Without runs there is nothing to copy. */
export const mayFork = (session: Known): boolean =>
  session.message_count > 0 && (componentOf(session)?.mayRun ?? false);

/** Copies it into a new session, and opens that. */
export const forkSession = (sessionId: string): Promise<void> =>
  whileBusy(`fork ${sessionId}`, async () => {
    const session = known(sessionId).peek();
    const component = session && componentOf(session);
    if (!session || !component) return;
    const path = `${component.path}/sessions/${encodeURIComponent(sessionId)}/fork`;
    try {
      const { data } = await api.request<{ session_id: string }>("POST", path, asOwner(session));
      go(sessionScreen(data.session_id));
      tell({ text: said.forked });
    } catch (error) {
      tellFailure(said.forkFailed, error, () => void forkSession(sessionId));
    }
  });

/** Puts a text where it can be pasted from, and says so. */
export async function copy(text: string, done: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    tell({ text: done });
  } catch {
    // A page without TLS has no clipboard; the text stands there to be copied by hand.
    tell({ text, shownMs: 60_000 });
  }
}

export const isOthers = ({ user_id: userId }: Known): boolean => isStaff.value && !!userId;
