/* Mastra's server, by its own adapter for Hono: all of its routes, one agent with a memory, its LibSQL store in a file. */
import { serve } from "@hono/node-server";
import { Agent } from "@mastra/core/agent";
import { Mastra } from "@mastra/core/mastra";
import { MastraServer } from "@mastra/hono";
import { LibSQLStore } from "@mastra/libsql";
import { Memory } from "@mastra/memory";
import { Hono } from "hono";

const [port, file, modelUrl, generateTitle] = process.argv.slice(2);
process.stdin.on("end", () => process.exit()).resume();

const storage = new LibSQLStore({ id: "store", url: `file:${file}` });
const assistant = new Agent({
  id: "assistant",
  name: "Assistant",
  instructions: "You are a helpful assistant. Answer clearly and briefly, in the language you are spoken to.",
  model: { id: "bench/bench", url: modelUrl, apiKey: "none" },
  // Three runs of history, as the product sends.
  memory: new Memory({ storage, options: { lastMessages: 6, generateTitle: generateTitle === "true" } }),
});
const mastra = new Mastra({ agents: { assistant }, storage, logger: false });
const app = new Hono();
await new MastraServer({ app, mastra }).init();
serve({ fetch: app.fetch, port: Number(port), hostname: "127.0.0.1" });
