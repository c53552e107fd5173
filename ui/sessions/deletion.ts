import type { SessionDetail } from "../../packages/client/src/index.ts";
import { server } from "../access/access.ts";
import { tell } from "../app/notices.ts";
import { go, openSessionId } from "../app/place.ts";
import { api } from "../server/api.ts";
import { texts } from "../texts/index.ts";
import { forget, type Known, known, learn } from "./known.ts";
import { asOwner } from "./owner.ts";
import { tellFailure } from "./session-acts.ts";

const said = texts.sessions;

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
