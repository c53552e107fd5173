import { createServer, type ServerResponse } from "node:http";
import { performance } from "node:perf_hooks";
import { textOf, tokensOf } from "./words.ts";

/*
 * An OpenAI-compatible server on loopback. It has a process of its own, because it would delay the clock on the event loop
 * of the bench. It answers with 50 deltas. The last user message may say otherwise: `deltas=10000` is their number,
 * `every=20` the pause before each in milliseconds, `wait=50` how late the answer's first byte comes, `rest=300` the pause
 * after the last, `use=add` has it call that tool once first, `text=600` has it say a text of words that is as long, of which
 * `nth=7` chooses one.
 */

const DELTAS = 50;
const DELTA = "a few words of text ";

interface AskedMessage {
  role: string;
  content: string | null;
}

/** The arguments of each tool's call. */
const ARGUMENTS: Record<string, object> = {
  add: { a: 1, b: 2 },
  delete_record: { id: "42" },
  delegate_task_to_member: { member_id: "triage", task: "every=0" },
};

const server = createServer(async (request, response) => {
  let body = "";
  for await (const chunk of request) body += chunk;
  const { messages } = JSON.parse(body) as { messages: AskedMessage[] };
  const asked = messages.findLast((message) => message.role === "user")?.content ?? "";
  const number = (name: string) => Number(new RegExp(`\\b${name}=(\\d+)`).exec(asked)?.[1] ?? 0);
  const tool = /\buse=(\w+)/.exec(asked)?.[1];
  const words = tokensOf(textOf(number("nth"), number("text")));
  const deltas = words.length > 0 ? words : Array<string>(number("deltas") || DELTAS).fill(DELTA);
  if (number("wait") > 0) await new Promise((resolve) => setTimeout(resolve, number("wait")));
  response.socket?.setNoDelay(true);
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  if (tool !== undefined && messages.at(-1)?.role === "user") {
    callTool(response, tool);
  } else {
    await answer(response, { deltas, everyMs: number("every"), restMs: number("rest") });
  }
  send(response, {
    choices: [],
    usage: { prompt_tokens: 100, completion_tokens: deltas.length, total_tokens: 100 + deltas.length },
  });
  response.end("data: [DONE]\n\n");
});

async function answer(
  response: ServerResponse,
  { deltas, everyMs, restMs }: { deltas: readonly string[]; everyMs: number; restMs: number },
): Promise<void> {
  const startedAt = performance.now();
  for (const [nth, content] of deltas.entries()) {
    if (everyMs > 0) {
      // The wait is counted from the start, so that late timers do not add up.
      const waitMs = startedAt + (nth + 1) * everyMs - performance.now();
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, waitMs)));
    }
    send(response, { choices: [{ index: 0, delta: { content }, finish_reason: null }] });
  }
  if (restMs > 0) await new Promise((resolve) => setTimeout(resolve, restMs));
  send(response, { choices: [{ index: 0, delta: {}, finish_reason: "stop" }] });
}

function callTool(response: ServerResponse, name: string): void {
  const args = JSON.stringify(ARGUMENTS[name] ?? {});
  const call = { index: 0, id: "call_1", type: "function", function: { name, arguments: args } };
  send(response, { choices: [{ index: 0, delta: { tool_calls: [call] }, finish_reason: null }] });
  send(response, { choices: [{ index: 0, delta: {}, finish_reason: "tool_calls" }] });
}

function send(response: ServerResponse, chunk: object): void {
  const event = { id: "chatcmpl-bench", object: "chat.completion.chunk", created: 0, model: "bench", ...chunk };
  response.write(`data: ${JSON.stringify(event)}\n\n`);
}

// If the server closed an idle connection between two runs, the next run would be measured with a new connection.
server.keepAliveTimeout = 600_000;
server.listen(0, "127.0.0.1", () => process.send?.(server.address()));
process.on("disconnect", () => process.exit());
