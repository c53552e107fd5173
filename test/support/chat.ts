/**
 * Chats, as AI SDK's transports send them and as its clients read them.
 *
 * @example
 * const sent = await sendChat({ id, messages: [said("Hello")] }, { at: "agents/operator" });
 * expect([sent.status, textIn(sent.chunks)]).toEqual([200, "Hi"]);
 *
 * const open = await openChat({ id, messages: [said("Hello")] }); // its headers are there
 * await open.until("text-delta");
 */
import { expect } from "vitest";
import { type Answer, call, newId, send } from "./http.ts";

// biome-ignore lint/suspicious/noExplicitAny: an answer's JSON, looked into by tests
export type Chunk = any;

interface ChatOptions {
  /** Default `agents/assistant`. */
  at?: string;
  headers?: Record<string, string>;
  query?: string;
}

interface SentChat {
  status: number;
  headers: Headers;
  runId: string;
  /** Of a stream. */
  chunks: Chunk[];
  /** Of a failure. */
  body: Chunk;
}

export const said = (text: string, id = `msg-${newId()}`) => ({ id, role: "user", parts: [{ type: "text", text }] });

/** An answer of the run's as a client has it, with these parts. */
export const answerOf = (runId: string, ...parts: object[]) => ({ id: runId, role: "assistant", parts });
const part = (toolCallId: string, its: object) => ({ type: "tool-any", toolCallId, input: {}, ...its });
export const approves = (id: string, approved: boolean, reason?: string) =>
  part(id, { state: "approval-responded", approval: { id, approved, reason } });
export const outputs = (id: string, output: unknown) => part(id, { state: "output-available", output });

const chatPath = ({ at = "agents/assistant", query = "" }: ChatOptions) => `/${at}/chat${query && `?${query}`}`;

export async function sendChat(body: unknown, options: ChatOptions = {}): Promise<SentChat> {
  return readChat(await send("POST", chatPath(options), body, options.headers));
}

/** Reads a chat's stream to its end, which clients expect to be `[DONE]`; or the failure that it is. */
export async function readChat(response: Response): Promise<SentChat> {
  const { status, headers } = response;
  const runId = headers.get("X-Run-Id") ?? "";
  const text = await response.text();
  if (status !== 200) return { status, headers, runId, chunks: [], body: text === "" ? null : JSON.parse(text) };
  const data = text.split("\n\n").flatMap((event) => (event.startsWith("data: ") ? [event.slice(6)] : []));
  expect(data.pop()).toBe("[DONE]");
  return { status, headers, runId, chunks: data.map((json) => JSON.parse(json)), body: null };
}

/** A chat's stream that is read chunk by chunk. */
export class OpenChat {
  readonly response: Response;
  readonly #reader: ReadableStreamDefaultReader<string>;
  #buffer = "";

  constructor(response: Response) {
    this.response = response;
    if (response.body === null) throw new Error("The answer has no body.");
    this.#reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  }

  get runId(): string {
    return this.response.headers.get("X-Run-Id") ?? "";
  }

  /** The next chunk; null behind `[DONE]`. */
  async next(): Promise<Chunk> {
    for (;;) {
      const end = this.#buffer.indexOf("\n\n");
      if (end >= 0) {
        const event = this.#buffer.slice(0, end);
        this.#buffer = this.#buffer.slice(end + 2);
        if (event === "data: [DONE]") return null;
        if (event.startsWith("data: ")) return JSON.parse(event.slice(6));
        continue;
      }
      const { done, value } = await this.#reader.read();
      if (done) throw new Error("The stream ended without [DONE].");
      this.#buffer += value;
    }
  }

  async until(type: string): Promise<Chunk> {
    for (let chunk = await this.next(); chunk !== null; chunk = await this.next()) {
      if (chunk.type === type) return chunk;
    }
    throw new Error(`The stream ended without ${type}.`);
  }

  async rest(): Promise<Chunk[]> {
    const chunks: Chunk[] = [];
    for (let chunk = await this.next(); chunk !== null; chunk = await this.next()) chunks.push(chunk);
    return chunks;
  }

  leave(): Promise<void> {
    return this.#reader.cancel();
  }
}

export async function openChat(body: unknown, options: ChatOptions = {}): Promise<OpenChat> {
  const response = await send("POST", chatPath(options), body, options.headers);
  expect(response.status, await (response.ok ? "" : response.clone().text())).toBe(200);
  return new OpenChat(response);
}

/** The history of a chat. */
export const chatOf = (
  id: string,
  { at = "agents/assistant", query = "", headers }: ChatOptions = {},
): Promise<Answer> => call("GET", `/${at}/chat/${id}${query && `?${query}`}`, undefined, headers);

/** The chat's active run. */
export const followChat = (id: string, { at = "agents/assistant", headers }: ChatOptions = {}): Promise<Response> =>
  send("GET", `/${at}/chat/${id}/stream`, undefined, headers);

export const stopChat = async (id: string, { at = "agents/assistant", headers }: ChatOptions = {}): Promise<number> =>
  (await send("POST", `/${at}/chat/${id}/stop`, undefined, headers)).status;

export const textIn = (chunks: Chunk[]): string =>
  chunks.flatMap(({ type, delta }) => (type === "text-delta" ? [delta] : [])).join("");
export const typesOf = (chunks: Chunk[]): string[] => chunks.map(({ type }) => type);
/** How the run stands, as the stream says last. */
export const statusIn = (chunks: Chunk[]): string | undefined => chunks.at(-1)?.messageMetadata?.status;
/** The messages as `role: text`. */
export const linesOf = ({ body }: Answer): string[] =>
  body.messages.map(({ role, parts }: Chunk) => {
    const texts = parts.flatMap(({ type, text }: Chunk) => (type === "text" ? [text] : []));
    return `${role}: ${texts.join(" ")}`;
  });
