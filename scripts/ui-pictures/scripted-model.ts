import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

interface Asked {
  messages: { role: string; content: string | null }[];
  response_format?: unknown;
}

/** What the model says or calls next. */
export interface Turn {
  thought?: string;
  text?: string;
  calls?: { name: string; arguments: object }[];
}

/** A model at an OpenAI-compatible server on loopback, which says what it was told to. */
export async function startModel(next: (messages: Asked["messages"]) => Turn): Promise<{ url: string; close(): void }> {
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const { thought, text = "", calls } = next((JSON.parse(body) as Asked).messages);
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    const send = (delta: object, reason: string | null = null) => {
      const choices = [{ index: 0, delta, finish_reason: reason }];
      const chunk = { id: "chatcmpl-1", object: "chat.completion.chunk", created: 0, model: "gpt-5-mini", choices };
      response.write(`data: ${JSON.stringify(chunk)}\n\n`);
    };
    if (thought !== undefined) {
      send({ reasoning_content: thought });
      await new Promise((wake) => setTimeout(wake, 2_100));
    }
    if (text !== "") send({ content: text });
    if (calls !== undefined) {
      const tool_calls = calls.map((call, index) => ({
        index,
        id: `call_${index}`,
        type: "function",
        function: { name: call.name, arguments: JSON.stringify(call.arguments) },
      }));
      send({ tool_calls });
    }
    send({}, calls === undefined ? "stop" : "tool_calls");
    response.end("data: [DONE]\n\n");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
