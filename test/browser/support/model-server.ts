import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

interface Asked {
  messages: { role: string; content: string | null }[];
  tools?: { function: { name: string; parameters: { properties?: { member_id?: { enum?: string[] } } } } }[];
  response_format?: unknown;
}

/** What is generated as the name of every session. */
export const NAME = "Lamp repair";
/** The answer to a message that begins with "Slowly". Its words are said one by one, as the test lets them. */
export const SLOW_WORDS = Array.from({ length: 60 }, (_, nth) => `word${nth + 1}`);

/** What is thought of a message that begins with "Think". The answer comes when the test lets one word more be said. */
export const THOUGHT = "The user wants me to think.";

type Turn =
  | { text: string; thought?: string }
  | { words: string[] }
  | { calls: { name: string; arguments: string }[] }
  | { status: number };

/**
 * A model at an OpenAI-compatible server on loopback. It calls tools where the user writes `/tool <name> <json>`, a line each,
 * as the offline model does; unlike that one it can be held in the middle of an answer.
 */
export class ModelServer {
  #allowed = 0;
  #wake = () => {};
  /** What is said in the message whose answer fails; of any, an empty text. */
  #failing: string | null = null;
  readonly #server = createServer((request, response) => {
    this.#answer(request, response).catch(() => response.destroy());
  });

  async listen(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** Lets the slow answer say so many words more. */
  say(words: number): void {
    this.#allowed += words;
    this.#wake();
  }

  /** Has the next answer to a message fail: to this one, or to any. */
  failOnce(message = ""): void {
    this.#failing = message;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = "";
    for await (const chunk of request) body += chunk;
    const turn = this.#turn(JSON.parse(body));
    if ("status" in turn) {
      response.writeHead(turn.status, { "Content-Type": "application/json" });
      response.end(JSON.stringify({ error: { message: "The model was told to fail." } }));
      return;
    }
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    response.flushHeaders();
    if ("calls" in turn) {
      const calls = turn.calls.map((call, index) => ({ index, id: `call_${index}`, type: "function", function: call }));
      send(response, { tool_calls: calls }, null);
      end(response, "tool_calls");
      return;
    }
    if ("text" in turn && turn.thought !== undefined) {
      send(response, { reasoning_content: turn.thought }, null);
      await this.#permit(response);
    }
    if ("text" in turn) send(response, { content: turn.text }, null);
    // Who waits to say a word is told when nobody listens any more.
    response.on("close", () => this.#wake());
    for (const [nth, word] of ("words" in turn ? turn.words : []).entries()) {
      await this.#permit(response);
      if (response.destroyed) break;
      send(response, { content: nth === 0 ? word : ` ${word}` }, null);
    }
    // Of an answer that nothing held, what is held meanwhile knows nothing.
    if ("words" in turn || turn.thought !== undefined) this.#allowed = 0;
    if (!response.destroyed) end(response, "stop");
  }

  async #permit(response: ServerResponse): Promise<void> {
    while (this.#allowed === 0 && !response.destroyed) {
      await new Promise<void>((wake) => {
        this.#wake = wake;
      });
    }
    if (!response.destroyed) this.#allowed -= 1;
  }

  #turn({ messages, tools = [], response_format: format }: Asked): Turn {
    if (format !== undefined) return { text: JSON.stringify({ name: NAME }) };
    const last = messages.at(-1);
    const said = last?.content ?? "";
    if (last?.role === "tool") {
      const results = messages.slice(messages.findLastIndex(({ role }) => role !== "tool") + 1);
      return { text: results.map(({ content }) => `The tool answered: ${content}`).join("\n") };
    }
    if (last?.role === "system") return { text: NAME };
    if (this.#failing === "" || this.#failing === said) {
      this.#failing = null;
      return { status: 400 };
    }
    const calls = [...said.matchAll(/^\/tool (\S+) (.+)$/gm)].map(([, name = "", args = ""]) => ({
      name,
      arguments: args,
    }));
    if (calls.length > 0) return { calls };
    const delegate = tools.find(
      ({ function: { parameters } }) => parameters.properties?.member_id !== undefined,
    )?.function;
    const member = delegate?.parameters.properties?.member_id?.enum?.[0];
    if (delegate !== undefined) {
      return { calls: [{ name: delegate.name, arguments: JSON.stringify({ member_id: member, task: said }) }] };
    }
    if (said.startsWith("Think")) return { text: `You said: ${said}`, thought: THOUGHT };
    return said.startsWith("Slowly") ? { words: SLOW_WORDS } : { text: `You said: ${said}` };
  }
}

function send(response: ServerResponse, delta: object, reason: string | null): void {
  const choices = [{ index: 0, delta, finish_reason: reason }];
  const chunk = { id: "chatcmpl-1", object: "chat.completion.chunk", created: 0, model: "scripted", choices };
  response.write(`data: ${JSON.stringify(chunk)}\n\n`);
}

function end(response: ServerResponse, reason: string): void {
  send(response, {}, reason);
  response.end("data: [DONE]\n\n");
}
