import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Browser } from "playwright-core";
import { type ProcessGroup, spawnGroup } from "../../../scripts/server/process-group.ts";
import { type Server, startServer } from "../../../scripts/server/server-process.ts";
import { launch } from "./browser-page.ts";
import { CuttingProxy } from "./cutting-proxy.ts";
import { ModelServer } from "./model-server.ts";

const EXAMPLES = path.resolve(import.meta.dirname, "../../../examples");
const START_MS = 240_000;

/** All that the tests of the examples need: a server with a model, pages that call it through a proxy, and a browser. */
export class Stage {
  readonly model = new ModelServer();
  readonly proxy = new CuttingProxy();
  browser!: Browser;
  #server: Server | undefined;
  /** Where the examples are served. */
  react = "";
  client = "";
  readonly #groups: ProcessGroup[] = [];
  readonly #folder = mkdtempSync(path.join(tmpdir(), "edge-sessions-browser-"));
  readonly #copy = path.join(this.#folder, "react");

  async start(): Promise<void> {
    const [modelUrl, proxyUrl] = await Promise.all([this.model.listen(), this.proxy.listen()]);
    this.browser = await launch();
    [this.react, this.client] = await Promise.all([this.#startReact(proxyUrl), this.#startClient(proxyUrl)]);
    const settings = {
      OPENAI_BASE_URL: modelUrl,
      OPENAI_API_KEY: "of-no-use",
      CORS_ORIGINS: [this.react, this.client].map((page) => new URL(page).origin).join(","),
    };
    const types = this.#finish("npm", ["run", "typecheck"], this.#copy);
    [this.#server] = await Promise.all([startServer(this.#folder, settings), types]);
    this.proxy.leadTo(this.#server.url);
  }

  async stop(): Promise<void> {
    // A start that failed has begun a part of it only.
    await (this.browser as Browser | undefined)?.close();
    await Promise.all([...this.#groups, this.#server].map((group) => group?.stop()));
    this.proxy.close();
    this.model.close();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /** What the server has, without the proxy. */
  async read<T>(route: string): Promise<T> {
    const response = await fetch(`${this.#server?.url}${route}`, { signal: AbortSignal.timeout(10_000) });
    return (await response.json()) as T;
  }

  /** As its user does: a copy of the folder, with the packages of its own lock file. So the repository stays clean. */
  async #startReact(server: string): Promise<string> {
    cpSync(path.join(EXAMPLES, "react"), this.#copy, {
      recursive: true,
      filter: (file) => !file.includes("node_modules"),
    });
    await this.#finish("npm", ["ci", "--prefer-offline", "--no-audit", "--no-fund"], this.#copy);
    return this.#serve("npm", ["start", "--", "--port", "0"], { cwd: this.#copy, env: { VITE_EDGE_SESSIONS: server } });
  }

  #startClient(server: string): Promise<string> {
    const env = { EDGE_SESSIONS: server, PORT: "0" };
    return this.#serve(process.execPath, [path.join(EXAMPLES, "client/serve.ts")], { cwd: EXAMPLES, env });
  }

  async #finish(command: string, args: readonly string[], cwd: string): Promise<void> {
    const group = this.#spawn(command, args, { cwd, env: {} });
    const output = recorded(group);
    const code = await group.exited;
    if (code !== 0) throw new Error(`${command} ${args.join(" ")} ended with exit code ${code}:\n${output()}`);
  }

  /** Settles with the address that the program prints. */
  async #serve(command: string, args: readonly string[], place: Place): Promise<string> {
    const group = this.#spawn(command, args, place);
    const output = recorded(group);
    const late = AbortSignal.timeout(START_MS);
    for (;;) {
      // Vite prints colours within the address.
      const address = /http:\/\/localhost:\d+/.exec(output().replace(/\x1b\[\d+m/g, ""));
      if (address !== null) return address[0];
      const ended = await Promise.race([group.exited, new Promise<null>((wake) => setTimeout(wake, 50, null))]);
      if (ended !== null || late.aborted) throw new Error(`${command} ${args.join(" ")} serves nothing:\n${output()}`);
    }
  }

  #spawn(command: string, args: readonly string[], { cwd, env }: Place): ProcessGroup {
    const group = spawnGroup(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#groups.push(group);
    return group;
  }
}

interface Place {
  cwd: string;
  env: Record<string, string>;
}

function recorded({ child }: ProcessGroup): () => string {
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  return () => text;
}
