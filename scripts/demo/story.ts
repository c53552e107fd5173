import { Api, Run, Runs, Session, SessionList, SessionName } from "./api.ts";
import { approve, pauseForApproval } from "./approval.ts";
import { completeNaming, findJobAgain, moveIn, SWEEP_AFTER_MS, startNaming } from "./batch.ts";
import { findAndSort, outAndIn } from "./directory.ts";
import { callFromBrowsers } from "./doors.ts";
import type { Narrator } from "./narrator.ts";
import { history, run, toolOf, USER } from "./runs.ts";
import { delegate } from "./team.ts";

/** Starts the server of the story. A second call starts another server on the state that the first one left. */
export type StartServer = () => Promise<{ url: string; kill(): Promise<void> }>;

/** The credential of the story's backend, which speaks for all users. */
const KEY = "the-key-of-the-demo";
/** What the story's servers are set to. */
export const SETTINGS = {
  OS_SECURITY_KEY: KEY,
  CLIENT_TOKEN_SECRET: "signs-the-tokens-of-the-demo-and-no-others",
  SWEEP_AFTER_MS: String(SWEEP_AFTER_MS),
};

const SESSION = "sailing";
const NAME = "Ada learns to sail";

/**
 * Shows the product over HTTP: a new session, a restart, and what waited across the restart. Throws at the first claim that
 * does not hold.
 */
export async function tellStory(narrator: Narrator, startServer: StartServer): Promise<void> {
  narrator.chapter("A server starts, with an empty database");
  const server = await startServer();
  const api = apiOf(server, narrator);
  await createSession(api, narrator);
  await talk(api, narrator);
  await readBack(api, narrator);
  await nameIt(api, narrator);
  await findIt(api, narrator);
  const waiting = await pauseForApproval(api, narrator);
  await moveIn(api, narrator);
  const naming = await startNaming(api, narrator);
  await server.kill();

  narrator.chapter("The server is killed in the middle, and another one starts on what it left");
  const again = apiOf(await startServer(), narrator);
  await findJobAgain(again, narrator, naming);
  await remember(again, narrator);
  await approve(again, narrator, waiting);
  await useTool(again, narrator);
  await runTwoAtOnce(again, narrator);
  await delegate(again, narrator);
  await findAndSort(again, narrator);
  await outAndIn(again, narrator);
  await callFromBrowsers(again, narrator);
  await completeNaming(again, narrator, naming);
}

function apiOf({ url }: { url: string }, narrator: Narrator): Api {
  narrator.came(`the server answers at ${url}`);
  return new Api(url, narrator, KEY);
}

async function createSession(api: Api, narrator: Narrator): Promise<void> {
  narrator.chapter("A session is created");
  const body = { session_id: SESSION, agent_id: "assistant", user_id: USER };
  const session = await api.call("POST", "/sessions", Session, body);
  narrator.came(`session ${session.session_id}`);
  narrator.check("it has the id that was asked for", session.session_id === SESSION);
}

async function talk(api: Api, narrator: Narrator): Promise<void> {
  narrator.chapter("A first run, streamed");
  const first = await run(api, narrator, {
    message: "I want to learn to sail this summer. My name is Ada.",
    sessionId: SESSION,
  });
  narrator.check(
    "the events are numbered from 0",
    first.events.every((event, index) => event.event_index === index),
  );
  narrator.check("they begin with RunStarted", first.events[0]?.event === "RunStarted");
  narrator.check("the text came in several pieces", first.deltas.length > 1);
  narrator.check("which together are the text of RunCompleted", first.deltas.join("") === first.text);

  narrator.chapter("A second run, which remembers the first");
  const second = await run(api, narrator, { message: "What is my name?", sessionId: SESSION });
  narrator.check("the agent knows the name", second.text.includes("Ada"));
  narrator.check("the session was still in memory: no read of the database", second.cache === "hit");
}

async function readBack(api: Api, narrator: Narrator): Promise<void> {
  narrator.chapter("The history");
  const messages = await history(api, narrator, SESSION);
  const roles = messages.map((message) => message.role).join(", ");
  narrator.check("both questions and both answers, in order", roles === "user, assistant, user, assistant");
}

async function nameIt(api: Api, narrator: Narrator): Promise<void> {
  narrator.chapter("A name by hand");
  const renamed = await api.call("POST", `/sessions/${SESSION}/rename`, Session, { session_name: NAME });
  narrator.came(`“${renamed.session_name}”`);
  const manual = await api.call("GET", `/sessions/${SESSION}/name`, SessionName);
  narrator.came(`“${manual.session_name}”, source ${manual.source}`);
  narrator.check("the session has it", manual.session_name === NAME && manual.source === "manual");

  narrator.chapter("A name by the model");
  await api.call("POST", `/sessions/${SESSION}/rename`, Session, { autogenerate: true });
  const generated = await api.call("GET", `/sessions/${SESSION}/name`, SessionName);
  narrator.came(`“${generated.session_name}”, source ${generated.source}`);
  narrator.check("it was made from the conversation", generated.source === "generated");
  narrator.check("it is another one", generated.session_name !== "" && generated.session_name !== NAME);
}

async function findIt(api: Api, narrator: Narrator): Promise<void> {
  narrator.chapter("The list, searched by a part of the name");
  await api.call("POST", `/sessions/${SESSION}/rename`, Session, { session_name: NAME });
  const list = await api.call("GET", `/sessions?user_id=${USER}&session_name=SAIL`, SessionList);
  narrator.came(...list.data.map((session) => `${session.session_id}: “${session.session_name}”`));
  narrator.check("there is one", list.meta.total_count === 1 && list.data[0]?.session_id === SESSION);
  const others = await api.call("GET", "/sessions?user_id=grace", SessionList);
  narrator.check("another user sees none", others.meta.total_count === 0);
}

async function useTool(api: Api, narrator: Narrator): Promise<void> {
  narrator.chapter("An agent with a tool");
  const { events, text } = await run(api, narrator, {
    message: '/tool add {"a": 1, "b": 2}',
    sessionId: "sums",
    agent: "operator",
  });
  const answered = events.find((event) => event.event === "ToolCallCompleted");
  const result = answered === undefined ? null : toolOf(answered)?.result;
  narrator.check("the tool was called and answered 3", result === "3");
  narrator.check("the model got its answer", text.includes("3"));
}

async function runTwoAtOnce(api: Api, narrator: Narrator): Promise<void> {
  narrator.chapter("Two runs at once on one session");
  const path = "/agents/assistant/runs";
  const fields = { session_id: "fruit", user_id: USER, stream: false };
  const answers = await Promise.all(
    ["I like apples.", "I like pears."].map((message) => api.call("POST", path, Run, { message, ...fields })),
  );
  const completed = answers.filter((answer) => answer.status === "COMPLETED").map((answer) => answer.run_id);
  narrator.check("both completed", completed.length === 2);
  const runs = await api.call("GET", "/sessions/fruit/runs", Runs);
  narrator.came(...runs.map(({ run_id, status, run_input }) => `${run_id}: ${status}, “${run_input}”`));
  const stored = runs.map((one) => one.run_id);
  narrator.check("both are stored, each once", stored.length === 2 && completed.every((id) => stored.includes(id)));
  const [question, answer, nextQuestion, nextAnswer] = await history(api, narrator, "fruit");
  const roles = [question, answer, nextQuestion, nextAnswer].map((message) => message?.role).join(", ");
  narrator.check("one ran after the other", roles === "user, assistant, user, assistant");
  const [first = "", second = ""] = runs.map((one) => one.run_input);
  narrator.check("in the order of the list", question?.content === first && nextQuestion?.content === second);
  narrator.check("and the second saw the first", nextAnswer?.content.includes(first) === true);
}

async function remember(api: Api, narrator: Narrator): Promise<void> {
  narrator.chapter("Everything else is still there");
  const { session_name } = await api.call("GET", `/sessions/${SESSION}`, Session);
  narrator.came(`“${session_name}”`);
  narrator.check("the session has its name", session_name === NAME);
  const messages = await history(api, narrator, SESSION);
  narrator.check("and its messages", messages.length === 4);
  const third = await run(api, narrator, { message: "What did I say first?", sessionId: SESSION });
  narrator.check("the agent still remembers", third.text.includes("learn to sail"));
  narrator.check("read from the database this time", third.cache === "miss");
}
