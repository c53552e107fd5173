import path from "node:path";
import { performance } from "node:perf_hooks";
import type { Bundle } from "../build.ts";
import { childrenOf } from "../processor.ts";
import { asked, streamed } from "./client.ts";
import type { Peer, Running } from "./peer.ts";

/** Both Workers of a checkout, made before anything is timed. */
export interface Built {
  tree: string;
  app: Bundle;
  floor: Bundle;
}

/** This product, from this checkout or another one. How a checkout is started and seeded is in that checkout. */
export function product(name: string, built: Built): Peer {
  return {
    name,
    about: `${built.tree === process.cwd() ? "this checkout" : built.tree}: workerd under Miniflare, D1's simulator and SQLite objects on disk`,
    unlike:
      "The product writes a run, its messages, its events and its search before the stream ends, in two transactions of D1, and " +
      "notes it in its object; D1 here is Cloudflare's simulator, in the process and on the thread of the Worker.",
    start: (modelUrl) => start(built, modelUrl),
  };
}

/** The least that a Worker can do with the same model: it keeps nothing. */
export function relay(built: Built): Peer {
  return {
    name: "bare relay",
    about: "a Worker on the same workerd that passes the model's stream on",
    unlike: "The bare relay keeps nothing and has no sessions: it is the floor, no peer.",
    start: async (modelUrl) => {
      const { pid, readyMs, url, stop } = await platformOf(built, modelUrl);
      const run = (_: string, message: string) => {
        const body = { model: "bench", stream: true, messages: [{ role: "user", content: message }] };
        return streamed(`${url}/floor/relay`, body, { first: '"content":"', end: "data: [DONE]" });
      };
      return { pid, readyMs, run, stop };
    },
  };
}

async function start(built: Built, modelUrl: string): Promise<Running> {
  const { db, pid, readyMs, url, stop } = await platformOf(built, modelUrl);
  const { seedSessions } = await module<typeof import("../seed.ts")>(built.tree, "seed.ts");
  const list = async (query: string) =>
    (await asked<{ data: unknown[] }>("GET", `${url}/sessions?limit=20${query}`)).data.length;
  const runsOf = (session: string) => asked<{ status: string }[]>("GET", `${url}/sessions/${session}/runs`);
  return {
    pid,
    readyMs,
    stop,
    run: (session, message) => {
      const marks = { first: "event: RunContent\n", end: "event: RunCompleted\n" };
      return streamed(`${url}/agents/assistant/runs`, { message, session_id: session }, marks);
    },
    seed: async (prefix, count, messages, users) => {
      const ids = await seedSessions(db, prefix, count, messages);
      if (users !== undefined) {
        const nth = `CAST(substr(session_id, ${prefix.length + 2}) AS INTEGER)`;
        const give = `UPDATE sessions SET user_id = 'user-' || (${nth} % ${users}) WHERE session_id GLOB '${prefix}-*'`;
        await db.prepare(give).run();
      }
      return ids;
    },
    listOfUser: (user) => list(`&user_id=${user}`),
    listOfAll: () => list(""),
    newestMessages: async (session) =>
      (await asked<{ data: unknown[] }>("GET", `${url}/sessions/${session}/messages?limit=20`)).data.length,
    rename: (session, name) => asked("POST", `${url}/sessions/${session}/rename`, { session_name: name }),
    changeState: (session, state) => asked("PATCH", `${url}/sessions/${session}`, { session_state: state }),
    look: async (session) => {
      const runs = (await runsOf(session)).filter(({ status }) => status === "COMPLETED");
      const seen = await asked<{ session_name: string; session_state: Record<string, unknown> }>(
        "GET",
        `${url}/sessions/${session}`,
      );
      return { runs: runs.length, name: seen.session_name, state: seen.session_state ?? {} };
    },
  };
}

/** A workerd of its own. It is the child that this process did not have before. */
async function platformOf({ tree, app, floor }: Built, modelUrl: string) {
  const { startPlatform } = await module<typeof import("../platform.ts")>(tree, "platform.ts");
  const before = childrenOf(process.pid);
  const startedAt = performance.now();
  const platform = await startPlatform(tree, { app, floor }, modelUrl);
  const readyMs = performance.now() - startedAt;
  const pid = childrenOf(process.pid).find((child) => !before.includes(child)) ?? Number.NaN;
  return { ...platform, pid, readyMs };
}

function module<Module>(tree: string, file: string): Promise<Module> {
  return import(path.join(tree, "bench", file)) as Promise<Module>;
}
