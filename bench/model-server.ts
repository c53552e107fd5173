import { createServer, type ServerResponse } from "node:http";
import { performance } from "node:perf_hooks";

/*
 * An OpenAI-compatible server on loopback, in a process of its own so that it shares no event loop with the clock. It
 * answers with 50 deltas; `every=20` in the last user message is the pause before each, in milliseconds. `use=add` calls
 * that tool once first.
 */

const DELTAS = 50;
const DELTA = "a few words of text ";

interface AskedMessage {
  role: string;
  content: string | null;
}

const server = createServer(async (request, response) => {
  let body = "";
  for await (const chunk of request) body += chunk;
  const { messages } = JSON.parse(body) as { messages: AskedMessage[] };
  const asked = messages.findLast((message) => message.role === "user")?.content ?? "";
  response.socket?.setNoDelay(true);
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  if (/\buse=add\b/.test(asked) && messages.at(-1)?.role === "user") {
    callAdd(response);
  } else {
    await answer(response, Number(/\bevery=(\d+)/.exec(asked)?.[1] ?? 0));
  }
  send(response, { choices: [], usage: { prompt_tokens: 100, completion_tokens: DELTAS, total_tokens: 100 + DELTAS } });
  response.end("data: [DONE]\n\n");
});

async function answer(response: ServerResponse, everyMs: number): Promise<void> {
  const startedAt = performance.now();
  for (let nth = 1; nth <= DELTAS; nth++) {
    if (everyMs > 0) {
      // Against the start, so that late timers do not add up.
      const waitMs = startedAt + nth * everyMs - performance.now();
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, waitMs)));
    }
    send(response, { choices: [{ index: 0, delta: { content: DELTA }, finish_reason: null }] });
  }
  send(response, { choices: [{ index: 0, delta: {}, finish_reason: "stop" }] });
}

function callAdd(response: ServerResponse): void {
  const call = { index: 0, id: "call_1", type: "function", function: { name: "add", arguments: '{"a":1,"b":2}' } };
  send(response, { choices: [{ index: 0, delta: { tool_calls: [call] }, finish_reason: null }] });
  send(response, { choices: [{ index: 0, delta: {}, finish_reason: "tool_calls" }] });
}

function send(response: ServerResponse, chunk: object): void {
  const event = { id: "chatcmpl-bench", object: "chat.completion.chunk", created: 0, model: "bench", ...chunk };
  response.write(`data: ${JSON.stringify(event)}\n\n`);
}

// A connection that is closed between two runs would be measured as a slow run.
server.keepAliveTimeout = 600_000;
server.listen(0, "127.0.0.1", () => process.send?.(server.address()));
process.on("disconnect", () => process.exit());
