import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server as HttpServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Browser, CDPSession, Page } from "playwright-core";
import { EdgeSessions } from "../packages/client/src/index.ts";
import { type Server, startServer } from "../scripts/server/server-process.ts";
import { launch } from "../test/browser/support/browser-page.ts";

const KEY = "a key of the bench alone";
/** Sessions of one import. */
const IMPORTED = 1_000;
const DELTA_CHARS = 20;
const DELTAS = 10_000;
/** Deltas come in bursts, as fast as any model writes: 2,500 a second. */
const BURST = 100;
const BURST_MS = 40;
/** The end of the long answer. */
export const END = "This is the end.";
/** Asks for the long answer. */
export const LONG = "The long answer, please";

const WORDS =
  "The **quick** brown fox jumps over the lazy dog, and `then()` it goes to [the office](https://example.com) again. ";
const LIST = Array.from({ length: 12 }, (_, nth) => `- item ${nth}: it says **something** that is as long as a line`);
const CODE = ["```ts", ...Array<string>(12).fill("const value = await something(that, is, long);"), "```"];
const CHAPTER = ["## A heading", WORDS.repeat(4), LIST.join("\n"), CODE.join("\n"), ""].join("\n\n");
const ANSWER = CHAPTER.repeat(Math.ceil((DELTAS * DELTA_CHARS) / CHAPTER.length)).slice(0, DELTAS * DELTA_CHARS);

/** The inbox as people have it: `wrangler dev` serves page and sessions, a model answers, a browser shows it. */
export class InboxStage {
  #model!: HttpServer;
  #server!: Server;
  #browser!: Browser;
  readonly #folder = mkdtempSync(path.join(tmpdir(), "bench-inbox-"));

  async start(): Promise<void> {
    this.#model = createServer((request, response) => {
      answer(request, response).catch(() => response.destroy());
    });
    this.#model.listen(0, "127.0.0.1");
    await once(this.#model, "listening");
    const { port } = this.#model.address() as AddressInfo;
    const settings = {
      OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1`,
      OPENAI_API_KEY: "of-no-use",
      OS_SECURITY_KEY: KEY,
    };
    [this.#server, this.#browser] = await Promise.all([startServer(this.#folder, settings), launch()]);
  }

  async stop(): Promise<void> {
    await (this.#browser as Browser | undefined)?.close();
    await (this.#server as Server | undefined)?.stop();
    this.#model.close();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  get #api(): EdgeSessions {
    return new EdgeSessions({ baseUrl: this.#server.url, token: KEY });
  }

  /** Makes this many sessions of this many runs each. Answers the id of one of them. */
  async imports(sessions: number, runs: number): Promise<string> {
    let id = "";
    for (let made = 0; made < sessions; made += IMPORTED) {
      const lines = Array.from({ length: Math.min(IMPORTED, sessions - made) }, (_, nth) => chat(made + nth, runs));
      const { data } = await this.#api.request<{ imported: number; sessions: { session_id: string }[] }>(
        "POST",
        "/import",
        {
          query: { agent_id: "assistant" },
          headers: { "Content-Type": "application/x-ndjson" },
          body: `${lines.join("\n")}\n`,
        },
      );
      if (data.imported !== lines.length)
        throw new Error(`Of ${lines.length} sessions ${data.imported} were imported.`);
      id = data.sessions[0]?.session_id ?? "";
    }
    return id;
  }

  async begin(): Promise<string> {
    const sessionId = crypto.randomUUID();
    await this.#api.agent("assistant").run({ message: "Hello", sessionId }).result();
    return sessionId;
  }

  /** A page that nobody has opened before, with what it has cached of nothing. Does not go there yet. */
  async withPage<T>(act: (page: Page, engine: CDPSession, address: string) => Promise<T>): Promise<T> {
    const context = await this.#browser.newContext({ viewport: { width: 1280, height: 800 } });
    await context.addInitScript({
      content: `if (location.protocol === "http:") sessionStorage.setItem("edge-sessions.credential", ${JSON.stringify(KEY)})`,
    });
    try {
      const page = await context.newPage();
      page.setDefaultTimeout(120_000);
      return await act(page, await context.newCDPSession(page), `${this.#server.url}/ui/`);
    } finally {
      await context.close();
    }
  }
}

const chat = (nth: number, runs: number): string =>
  JSON.stringify(
    Array.from({ length: runs }, (_, run) => [
      { role: "user", content: `Question ${run} of conversation ${nth}` },
      { role: "assistant", content: runs > 1 ? `${CHAPTER}Answer ${run}.` : `The answer of ${nth}.` },
    ]).flat(),
  );

async function answer(request: AsyncIterable<Buffer>, response: ServerResponse): Promise<void> {
  let body = "";
  for await (const chunk of request) body += chunk;
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  if (body.includes(LONG)) {
    for (let sent = 0; sent < DELTAS; sent += 1) {
      send(response, { content: ANSWER.slice(sent * DELTA_CHARS, (sent + 1) * DELTA_CHARS) });
      if (sent % BURST === BURST - 1) await new Promise((wake) => setTimeout(wake, BURST_MS));
    }
    send(response, { content: `\n\n${END}` });
  } else send(response, { content: "Hello." });
  send(response, {}, "stop");
  response.end("data: [DONE]\n\n");
}

function send(response: ServerResponse, delta: object, reason: string | null = null): void {
  const choices = [{ index: 0, delta, finish_reason: reason }];
  const chunk = { id: "chatcmpl-1", object: "chat.completion.chunk", created: 0, model: "bench", choices };
  response.write(`data: ${JSON.stringify(chunk)}\n\n`);
}
