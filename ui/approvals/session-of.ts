import { api, refused } from "../server/api.ts";
import { known, learn } from "../sessions/known.ts";
import { asOwner } from "../sessions/owner.ts";

const asked = new Set<string>();

/** Asks what a session is called, unless the page knows it. While nobody has said it, its id stands there. */
export function learnSession(sessionId: string, userId: string | null): void {
  if (known(sessionId).peek() !== null || asked.has(sessionId)) return;
  asked.add(sessionId);
  api.sessions
    .get(sessionId, asOwner({ user_id: userId }))
    .then(({ data }) => learn(data))
    .catch(refused)
    .finally(() => asked.delete(sessionId));
}
