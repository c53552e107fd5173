import { once } from "node:events";
import { request as ask, createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** Stands between a page and the server, and cuts the streams that go through it. */
export class CuttingProxy {
  #target = "";
  readonly #open = new Set<ServerResponse>();
  /** How many streams have begun. */
  #begun = 0;
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

  /** Cuts all streams that are open, and settles when the page has begun to read another one. */
  async cut(): Promise<void> {
    const begun = this.#begun;
    if (this.#open.size === 0) throw new Error("No stream is open, so there is nothing to cut.");
    for (const response of this.#open) response.destroy();
    while (this.#begun === begun) {
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
      this.#open.add(response);
      this.#begun += 1;
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
