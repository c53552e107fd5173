import { z } from "zod";
import { type Api, ClientToken, Session, SessionList } from "./api.ts";
import type { Narrator } from "./narrator.ts";
import { history, run } from "./runs.ts";

const SESSION = "locker";
const SECRET = "marigold";

const Hits = z.looseObject({ data: z.array(z.looseObject({ session_id: z.string() })) });
const Me = z.looseObject({ actor: z.string(), confined: z.boolean() });

/** Two users call with tokens of their own, as their browsers would. What is one's does not exist for the other. */
export async function callFromBrowsers(backend: Api, narrator: Narrator): Promise<void> {
  narrator.chapter("A backend gets a token for each user, with which the user's browser calls the server itself");
  const ada = await tokenFor(backend, narrator, "ada");
  const bob = await tokenFor(backend, narrator, "bob");
  await ada.call("POST", "/sessions", Session, { session_id: SESSION });
  await run(ada, narrator, { message: `The code of my locker is ${SECRET}.`, sessionId: SESSION });
  await findsNothing(bob, narrator);
  await isKept(ada, narrator);
  await asksForToken(backend, narrator);
}

async function tokenFor(backend: Api, narrator: Narrator, userId: string): Promise<Api> {
  const { token, scopes } = await backend.call("POST", "/client-tokens", ClientToken, { user_id: userId });
  narrator.came(`${token.slice(0, 16)}…: ${scopes.join(", ")}`);
  const browser = backend.shows(token);
  const { actor, confined } = await browser.call("GET", "/me", Me);
  narrator.check(`it is ${userId}'s, and good for what is ${userId}'s only`, actor === `user:${userId}` && confined);
  return browser;
}

async function findsNothing(bob: Api, narrator: Narrator): Promise<void> {
  narrator.chapter("Bob's token finds nothing of Ada's");
  const list = await bob.call("GET", "/sessions?user_id=ada", SessionList);
  narrator.check("no list shows it, though he says that he is Ada", list.meta.total_count === 0);
  narrator.came(`404: ${await bob.refused("GET", `/sessions/${SESSION}`, 404)}`);
  const asked = { message: "What is the code?", session_id: SESSION, user_id: "ada", stream: false };
  narrator.came(`404: ${await bob.refused("POST", "/agents/assistant/runs", 404, asked)}`);
  const found = await bob.call("GET", `/search?q=${SECRET}`, Hits);
  narrator.check("no search finds it", found.data.length === 0);
  narrator.came(`403: ${await bob.refused("GET", "/users/ada/export", 403)}`);
  const exported = await bob.get("/export");
  narrator.check("an export is of what is his own, which is nothing", !exported.includes('"type":"session"'));
}

async function isKept(ada: Api, narrator: Narrator): Promise<void> {
  narrator.chapter("Ada's token finds it as she left it");
  const messages = await history(ada, narrator, SESSION);
  const roles = messages.map(({ role }) => role).join(", ");
  narrator.check("her question and its answer, and nothing of Bob's", roles === "user, assistant");
  const found = await ada.call("GET", `/search?q=${SECRET}`, Hits);
  narrator.check("her search finds it", found.data[0]?.session_id === SESSION);
}

async function asksForToken(backend: Api, narrator: Narrator): Promise<void> {
  narrator.chapter("Whoever shows nothing, or something else, is refused");
  const path = `/sessions/${SESSION}`;
  narrator.came(`401: ${await backend.shows(null).refused("GET", path, 401)}`);
  narrator.came(`401: ${await backend.shows("es_ct_made.up.token").refused("GET", path, 401)}`);
}
