import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Browser } from "playwright-core";
import { EdgeSessions } from "../../../packages/client/src/index.ts";
import { type Server, startServer } from "../../../scripts/server/server-process.ts";
import { launch } from "../../browser/support/browser-page.ts";
import { CuttingProxy } from "../../browser/support/cutting-proxy.ts";
import { ModelServer } from "../../browser/support/model-server.ts";

/** The key of the tests' server. Who shows it is staff. */
export const KEY = "a key of the tests alone";

/** All that the tests of the inbox need: a server with its page, a model that can be held, a proxy that cuts, and a browser. */
export class Stage {
  readonly model = new ModelServer();
  readonly proxy = new CuttingProxy();
  browser!: Browser;
  #server: Server | undefined;
  #settings: Record<string, string> = {};
  #hasTables = false;
  /** Where the page is opened: the proxy, which leads to the server. */
  url = "";
  readonly #folder = mkdtempSync(path.join(tmpdir(), "edge-sessions-ui-"));
  #users = 0;

  async start(): Promise<void> {
    const [modelUrl, proxyUrl] = await Promise.all([this.model.listen(), this.proxy.listen()]);
    this.url = proxyUrl;
    this.#settings = {
      OPENAI_BASE_URL: modelUrl,
      OPENAI_API_KEY: "of-no-use",
      OS_SECURITY_KEY: KEY,
      DELETE_UNDO_SECONDS: "3600",
      CLIENT_TOKEN_SECRET: "a secret of the tests, which is long enough",
    };
    [this.browser] = await Promise.all([launch(), this.restart()]);
  }

  async stop(): Promise<void> {
    // A start that failed has begun a part of it only.
    await (this.browser as Browser | undefined)?.close();
    await this.#server?.stop();
    this.proxy.close();
    this.model.close();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Kills the server, as a crash would. */
  async kill(): Promise<void> {
    await this.#server?.kill();
    this.#server = undefined;
  }

  /** Serves what is stored, after a kill too. */
  async restart(): Promise<void> {
    this.#server = await startServer(this.#folder, this.#settings, this.#hasTables);
    this.#hasTables = true;
    this.proxy.leadTo(this.#server.url);
  }

  /** A caller with the key, who sees everything. */
  get staff(): EdgeSessions {
    return new EdgeSessions({ baseUrl: this.url, token: KEY });
  }

  /**
   * A user whom nobody knows yet, and who sees what is its own: no test finds what another one has left. With `scopes` its
   * token has these alone.
   */
  async user(scopes?: readonly string[]): Promise<User> {
    this.#users += 1;
    const id = `user-${process.pid}-${this.#users}`;
    const body = { user_id: id, expires_in_seconds: 3600, ...(scopes && { scopes }) };
    const { data } = await this.staff.request<{ token: string }>("POST", "/client-tokens", { body });
    return { id, token: data.token, api: new EdgeSessions({ baseUrl: this.url, token: data.token }) };
  }
}

export interface User {
  id: string;
  token: string;
  api: EdgeSessions;
}
