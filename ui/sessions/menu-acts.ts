import { may } from "../access/access.ts";
import { tell } from "../app/notices.ts";
import { go, sessionScreen } from "../app/place.ts";
import { api } from "../server/api.ts";
import { texts } from "../texts/index.ts";
import { type Known, known, learn } from "./known.ts";
import { asOwner } from "./owner.ts";
import { busy, tellFailure } from "./session-acts.ts";

const said = texts.sessions;

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
