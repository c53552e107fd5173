import { once } from "node:events";
import { request as ask, createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** Stands between a page and the server, and cuts the streams that go through it. */
export class CuttingProxy {
  #target = "";
  /** The streams that are open, and who reads each. */
  readonly #open = new Map<ServerResponse, string | undefined>();
  /** Who has begun to read a stream, for each of them. */
  readonly #begun: (string | undefined)[] = [];
  #wake = () => {};
  readonly #server = createServer((request, response) => this.#pass(request, response));

  async listen(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Where requests go from now on. */
  leadTo(url: string): void {
    this.#target = url;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** Cuts the streams that are open, those of one token's alone if it is named, and settles when another one is begun to be read. */
  async cut(token?: string): Promise<void> {
    const isMeant = (by: string | undefined) => token === undefined || by === `Bearer ${token}`;
    const begun = () => this.#begun.filter(isMeant).length;
    const before = begun();
    const open = [...this.#open].filter(([, by]) => isMeant(by));
    if (open.length === 0) throw new Error("No stream is open, so there is nothing to cut.");
    for (const [response] of open) response.destroy();
    while (begun() === before) {
      await new Promise<void>((wake) => {
        this.#wake = wake;
      });
    }
  }

  #pass(request: IncomingMessage, response: ServerResponse): void {
    const passed = ask(this.#target + request.url, { method: request.method, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
      if (!answer.headers["content-type"]?.startsWith("text/event-stream")) return;
      this.#open.set(response, request.headers.authorization);
      this.#begun.push(request.headers.authorization);
      this.#wake();
    });
    passed.on("error", () => response.destroy());
    response.on("close", () => {
      this.#open.delete(response);
      passed.destroy();
    });
    request.pipe(passed);
  }
}
