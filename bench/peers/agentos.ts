import path from "node:path";
import { asked, streamed } from "./client.ts";
import { type Copies, numbers, seedByCopies } from "./copied-sessions.ts";
import { installedAgentOs } from "./install.ts";
import type { Peer, Running } from "./peer.ts";
import { startServer } from "./server-process.ts";

export const agentOs: Peer = {
  name: "AgentOS",
  about: "agno[os] 3.1.10, uvicorn with one worker, SqliteDb (WAL, synchronous FULL), 3 runs of history",
  unlike:
    "AgentOS stores a run as one JSON document, with its messages and events in it, and rewrites the session's row. It has no " +
    "page of messages: what is timed there is `GET /sessions/{id}/runs`, all of them. It has no route that names a " +
    "session by a model.",
  start,
};

async function start(modelUrl: string): Promise<Running> {
  const folder = installedAgentOs();
  const args = (port: string, data: string) => ["serve.py", port, path.join(data, "agent.db"), modelUrl];
  const { url, data, pid, readyMs, stop } = await startServer("venv/bin/python", args, folder);
  const run = (session: string, message: string) => {
    const form = new URLSearchParams({ message, session_id: session, stream: "true" });
    const marks = { first: "event: RunContent\n", end: "event: RunCompleted\n" };
    return streamed(`${url}/agents/assistant/runs`, form, marks);
  };
  const list = async (query: string) => {
    const sessions = `${url}/sessions?type=agent&limit=20&sort_by=updated_at&sort_order=desc${query}`;
    return (await asked<{ data: unknown[] }>("GET", sessions)).data.length;
  };
  const runsOf = (session: string) => asked<{ status: string }[]>("GET", `${url}/sessions/${session}/runs?type=agent`);
  return {
    pid,
    readyMs,
    run,
    stop,
    seed: seedByCopies(run, path.join(data, "agent.db"), copies),
    listOfUser: (user) => list(`&user_id=${user}`),
    listOfAll: () => list(""),
    newestMessages: async (session) => (await runsOf(session)).length * 2,
    rename: (session, name) => asked("POST", `${url}/sessions/${session}/rename?type=agent`, { session_name: name }),
    changeState: (session, state) => asked("PATCH", `${url}/sessions/${session}?type=agent`, { session_state: state }),
    look: async (session) => {
      const runs = (await runsOf(session)).filter(({ status }) => status === undefined || status === "COMPLETED");
      const seen = await asked<{ session_name: string; session_state: Record<string, unknown> }>(
        "GET",
        `${url}/sessions/${session}?type=agent`,
      );
      return { runs: runs.length, name: seen.session_name, state: seen.session_state ?? {} };
    },
  };
}

/** Copies the rows that AgentOS itself has written of one session with one run. */
function copies({ template, prefix, count, runs, users }: Copies): string {
  const user = users === 0 ? "NULL" : `'user-' || (n % ${users})`;
  return `
    WITH RECURSIVE ${numbers("nth", count)}
    INSERT INTO agno_sessions (session_id, session_type, agent_id, user_id, session_data, agent_data, metadata, created_at, updated_at)
    SELECT '${prefix}-' || n, session_type, agent_id, ${user}, session_data, agent_data, metadata, created_at + n, updated_at + n
    FROM nth, agno_sessions WHERE session_id = '${template}';
    WITH RECURSIVE ${numbers("nth", count)}, ${numbers("part", runs)}
    INSERT INTO agno_runs (run_id, session_id, run_type, agent_id, user_id, status, run_index, run_data, created_at, updated_at)
    SELECT '${prefix}-' || nth.n || '-run-' || part.n, '${prefix}-' || nth.n, run_type, agent_id, ${user.replace("n ", "nth.n ")}, status, part.n,
      replace(replace(run_data, '${template}', '${prefix}-' || nth.n), run_id, '${prefix}-' || nth.n || '-run-' || part.n),
      created_at + part.n, updated_at + part.n
    FROM nth, part, agno_runs WHERE session_id = '${template}';
    DELETE FROM agno_runs WHERE session_id = '${template}';
    DELETE FROM agno_sessions WHERE session_id = '${template}';`;
}
