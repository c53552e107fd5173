import http, { type IncomingMessage } from "node:http";
import { performance } from "node:perf_hooks";
import type { Streamed } from "./peer.ts";

/* One client for all servers, on kept connections. */

const agent = new http.Agent({ keepAlive: true });

/** What tells of a stream that its first text has come, and that it has ended well. */
interface Marks {
  first: string;
  end: string;
}

/** Posts JSON, or a form, and reads the answer's stream to its end. */
export async function streamed(url: string, body: object | URLSearchParams, marks: Marks): Promise<Streamed> {
  const startedAt = performance.now();
  const response = await send("POST", url, body);
  let firstMs = Number.NaN;
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) {
    text += chunk;
    if (Number.isNaN(firstMs) && text.includes(marks.first)) firstMs = performance.now() - startedAt;
  }
  const totalMs = performance.now() - startedAt;
  if (Number.isNaN(firstMs) || !text.includes(marks.end)) {
    throw new Error(`POST ${url} answered ${response.statusCode}: ${text.slice(-500)}`);
  }
  return { firstMs, totalMs };
}

/** Asks for JSON. The time is the caller's to take: until here the whole answer has come. */
export async function asked<T>(method: string, url: string, body?: object): Promise<T> {
  const response = await send(method, url, body);
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) text += chunk;
  if (Math.floor((response.statusCode ?? 0) / 100) !== 2) {
    throw new Error(`${method} ${url} answered ${response.statusCode}: ${text.slice(0, 300)}`);
  }
  return (text === "" ? null : JSON.parse(text)) as T;
}

function send(method: string, url: string, body?: object): Promise<IncomingMessage> {
  const isForm = body instanceof URLSearchParams;
  const text = body === undefined ? "" : isForm ? String(body) : JSON.stringify(body);
  const type = isForm ? "application/x-www-form-urlencoded" : "application/json";
  const headers = text === "" ? {} : { "Content-Type": type, "Content-Length": Buffer.byteLength(text) };
  return new Promise((resolve, reject) => {
    http.request(url, { method, agent, headers }, resolve).on("error", reject).end(text);
  });
}
