import http, { createServer } from "node:http";
import { once } from "node:events";
import type { Peer } from "./peer.ts";
import type { Table } from "./table.ts";

const SIZES = [200, 20_000];
const QUIET_MS = 1_500;

/** How many bytes a model is asked for a name of a session whose first message is short, or long. */
export async function measureNames(peers: readonly Peer[], modelUrl: string): Promise<Table> {
  const cells: (number | null)[][] = SIZES.map(() => []);
  for (const peer of peers) {
    const listener = await listen(modelUrl);
    try {
      const running = await peer.start(listener.url, true);
      try {
        for (const [nth, size] of SIZES.entries()) {
          listener.bodies.length = 0;
          const words =
            "deltas=1 every=0 what shall we do about the plan for the second week, and who writes it down? ";
          await running.run(`named-${size}`, words.repeat(Math.ceil(size / words.length)).slice(0, size));
          await quiet(listener.bodies);
          const [, ...naming] = listener.bodies;
          cells[nth]?.push(naming.length === 0 ? null : naming.reduce((sum, bytes) => sum + bytes, 0));
        }
      } finally {
        await running.stop();
      }
    } finally {
      listener.stop();
    }
  }
  return {
    title: "Bytes that the model is asked for the name of a new session",
    note:
      "All requests but that of the run itself, tries included, as each server names by itself. Nothing stands where a server " +
      "asked nothing: AgentOS has no route and no setting that names a session by a model.",
    peers: peers.map(({ name }) => name),
    rows: SIZES.map((size, nth) => ({
      name: `first message of ${size.toLocaleString("en")} characters`,
      better: "less" as const,
      cells: cells[nth] ?? [],
    })),
  };
}

async function quiet(bodies: readonly number[]): Promise<void> {
  for (let seen = -1; seen !== bodies.length; ) {
    seen = bodies.length;
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
  }
}

/** Stands before the model, and notes how many bytes each request's body has. */
async function listen(modelUrl: string) {
  const bodies: number[] = [];
  const { origin, pathname } = new URL(modelUrl);
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const body = Buffer.concat(parts);
    bodies.push(body.length);
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
