import path from "node:path";
import { asked, streamed } from "./client.ts";
import { type Copies, numbers, seedByCopies } from "./copied-sessions.ts";
import { installedMastra } from "./install.ts";
import type { Peer, Running } from "./peer.ts";
import { startServer } from "./server-process.ts";

/** Mastra's threads always belong to somebody. */
const OWNER = "ada";

export const mastra: Peer = {
  name: "Mastra",
  about:
    "@mastra/core 1.71.0 with @mastra/hono 1.7.9 on Node, LibSQL in a file (WAL, as it sets it), 6 messages of history",
  unlike:
    "Mastra stores threads and messages, set up like this: no run, no events that could be replayed, no totals, no search. It " +
    "waits for no disk (the table of fsyncs), so what it has answered can be lost with the power. Its threads have no state " +
    "beside their metadata, which is what is changed here.",
  start,
};

async function start(modelUrl: string, names = false): Promise<Running> {
  const folder = installedMastra();
  const args = (port: string, data: string) => [
    "serve.mjs",
    port,
    path.join(data, "mastra.db"),
    modelUrl,
    String(names),
  ];
  const { url, data, pid, readyMs, stop } = await startServer(process.execPath, args, folder);
  const memory = `${url}/api/memory/threads`;
  const run = (session: string, message: string) => {
    const body = { messages: [{ role: "user", content: message }], memory: { thread: session, resource: OWNER } };
    const marks = { first: '"type":"text-delta"', end: "data: [DONE]" };
    return streamed(`${url}/api/agents/assistant/stream`, body, marks);
  };
  const list = async (query: string) => {
    const orderBy = "orderBy[field]=updatedAt&orderBy[direction]=DESC";
    const threads = `${memory}?agentId=assistant&page=0&perPage=20&${orderBy}${query}`;
    return (await asked<{ threads: unknown[] }>("GET", threads)).threads.length;
  };
  const messagesOf = (session: string) =>
    asked<{ messages: unknown[]; total: number }>(
      "GET",
      `${memory}/${session}/messages?agentId=assistant&page=0&perPage=20&orderBy[field]=createdAt&orderBy[direction]=DESC`,
    );
  return {
    pid,
    readyMs,
    run,
    stop,
    seed: seedByCopies(run, path.join(data, "mastra.db"), copies),
    listOfUser: (user) => list(`&resourceId=${user}`),
    listOfAll: () => list(""),
    newestMessages: async (session) => (await messagesOf(session)).messages.length,
    rename: (session, name) => asked("PATCH", `${memory}/${session}?agentId=assistant`, { title: name }),
    changeState: (session, state) => asked("PATCH", `${memory}/${session}?agentId=assistant`, { metadata: state }),
    look: async (session) => {
      const { total } = await messagesOf(session);
      const thread = await asked<{ title: string; metadata: Record<string, unknown> | null }>(
        "GET",
        `${memory}/${session}?agentId=assistant`,
      );
      return { runs: total / 2, name: thread.title, state: thread.metadata ?? {} };
    },
  };
}

/** Copies the rows that Mastra itself has written of one thread with one run. */
function copies({ template, prefix, count, runs, users }: Copies): string {
  const owner = users === 0 ? `'${OWNER}'` : `'user-' || (nth.n % ${users})`;
  const at = (seconds: string) => `strftime('%Y-%m-%dT%H:%M:%fZ', 1760000000 + ${seconds}, 'unixepoch')`;
  return `
    WITH RECURSIVE ${numbers("nth", count)}
    INSERT INTO mastra_threads (id, resourceId, title, metadata, createdAt, updatedAt)
    SELECT '${prefix}-' || n, ${owner}, 'Session ' || n, metadata, ${at("n")}, ${at("n")}
    FROM nth, mastra_threads WHERE id = '${template}';
    WITH RECURSIVE ${numbers("nth", count)}, ${numbers("part", runs)}
    INSERT INTO mastra_messages (id, thread_id, content, role, type, createdAt, resourceId)
    SELECT '${prefix}-' || nth.n || '-' || part.n || '-' || role, '${prefix}-' || nth.n, content, role, type,
      ${at("part.n * 2 + (role = 'assistant')")}, ${owner}
    FROM nth, part, mastra_messages WHERE thread_id = '${template}';
    DELETE FROM mastra_messages WHERE thread_id = '${template}';
    DELETE FROM mastra_threads WHERE id = '${template}';`;
}
