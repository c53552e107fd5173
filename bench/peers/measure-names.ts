import { once } from "node:events";
import http, { createServer } from "node:http";
import type { Peer, Running } from "./peer.ts";
import type { Table } from "./table.ts";

const SIZES = [200, 20_000];
const QUIET_MS = 1_500;
const MAX_RUNS = 3;

/** A run's own request has the agent's instructions, which are the same at all servers. */
const isNaming = (body: Buffer): boolean => !body.includes("Answer clearly and briefly");

/** How many bytes a model is asked for a name of a session whose first message is short, or long. */
export async function measureNames(peers: readonly Peer[], modelUrl: string): Promise<Table> {
  const asked: (number | null)[][] = [];
  for (const peer of peers) asked.push(await askedBy(peer, modelUrl));
  return {
    title: "Bytes that the model is asked for the name of a new session",
    note:
      "All requests but those of runs, tries included, within the first three runs of a session, as each server names by itself. " +
      "Nothing stands where a server asked nothing: AgentOS has no route that names a session by a model.",
    peers: peers.map(({ name }) => name),
    rows: SIZES.map((size, nth) => ({
      name: `first message of ${size.toLocaleString("en")} characters`,
      better: "less" as const,
      cells: asked.map((bySize) => bySize[nth] ?? null),
    })),
  };
}

/** By size of the first message; null where nothing was asked. */
async function askedBy(peer: Peer, modelUrl: string): Promise<(number | null)[]> {
  const listener = await listen(modelUrl);
  try {
    const running = await peer.start(listener.url, true);
    try {
      const bytes: (number | null)[] = [];
      for (const size of SIZES) bytes.push(await askedForName(running, listener.bodies, size));
      return bytes;
    } finally {
      await running.stop();
    }
  } finally {
    listener.stop();
  }
}

async function askedForName(running: Running, bodies: Buffer[], size: number): Promise<number | null> {
  const words = "deltas=1 every=0 what shall we do about the plan for the second week, and who writes it down? ";
  const message = words.repeat(Math.ceil(size / words.length)).slice(0, size);
  bodies.length = 0;
  // Some servers wait for a second or third run before they name a session.
  for (let runs = 0; runs < MAX_RUNS && !bodies.some(isNaming); runs++) {
    await running.run(`named-${size}`, runs === 0 ? message : "deltas=1 every=0 and then?");
    await quiet(bodies);
  }
  const naming = bodies.filter(isNaming);
  return naming.length === 0 ? null : naming.reduce((sum, { length }) => sum + length, 0);
}

async function quiet(bodies: readonly Buffer[]): Promise<void> {
  for (let seen = -1; seen !== bodies.length; ) {
    seen = bodies.length;
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
  }
}

/** Stands before the model, and notes how many bytes each request's body has. */
async function listen(modelUrl: string) {
  const bodies: Buffer[] = [];
  const { origin, pathname } = new URL(modelUrl);
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const body = Buffer.concat(parts);
    bodies.push(body);
    const headers = { "Content-Type": "application/json", "Content-Length": body.length };
    http
      .request(`${origin}${request.url}`, { method: request.method ?? "POST", headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 500, { "Content-Type": "text/event-stream" });
        answer.pipe(response);
      })
      .on("error", () => response.destroy())
      .end(body);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const stop = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${port}${pathname}`, bodies, stop };
}
