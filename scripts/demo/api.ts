import { z } from "zod";
import { type Narrator, StoryError } from "./narrator.ts";
import { sentEvents } from "./sent-events.ts";

/** The fields of answers that the story looks at. An answer may have more. */
export const Session = z.looseObject({ session_id: z.string(), session_name: z.string() });
export const SessionName = z.looseObject({
  session_name: z.string(),
  display_name: z.string(),
  source: z.enum(["manual", "generated", "fallback"]).nullable(),
  version: z.int(),
  job_id: z.string().nullable(),
});
export const SessionList = z.looseObject({
  data: z.array(Session),
  meta: z.looseObject({ total_count: z.int() }),
});
const Message = z.looseObject({ role: z.string(), content: z.string().default("") });
export const Messages = z.looseObject({ data: z.array(Message) });
export type Message = z.infer<typeof Message>;
export const Run = z.looseObject({ run_id: z.string(), status: z.string(), content: z.string() });
export const Runs = z.array(Run.extend({ run_input: z.string(), parent_run_id: z.string().nullish() }));
const ToolCall = z.looseObject({
  tool_call_id: z.string(),
  tool_name: z.string(),
  tool_args: z.unknown(),
  result: z.string().nullable(),
  requires_confirmation: z.boolean().nullable(),
});
const RunEvent = z.looseObject({
  event: z.string(),
  event_index: z.int(),
  run_id: z.string(),
  parent_run_id: z.string().optional(),
  content: z.unknown().optional(),
  session_cache: z.string().optional(),
  tool: ToolCall.optional(),
  tools: z.array(ToolCall).optional(),
});
export type RunEvent = z.infer<typeof RunEvent>;
const Requirement = z.looseObject({
  run_id: z.string(),
  kind: z.string(),
  component_name: z.string(),
  tool_execution: ToolCall,
  answer: z.string().nullable(),
  answer_note: z.string().nullable(),
  answered_by: z.string().nullable(),
});
export const Requirements = z.looseObject({ data: z.array(Requirement) });
export const ClientToken = z.looseObject({ token: z.string(), user_id: z.string(), scopes: z.array(z.string()) });
export const ImportReport = z.looseObject({ imported: z.int(), failed: z.int() });
const Refusal = z.looseObject({ detail: z.string() });

/** The body of a call. An object is sent as JSON, a text as lines of JSON. */
type Body = object | string;

/** The server's HTTP API, as one caller uses it. Tells of every call as it makes it. */
export class Api {
  readonly #url: string;
  readonly #narrator: Narrator | null;
  readonly #credential: string | null;

  constructor(url: string, narrator: Narrator | null, credential: string | null) {
    this.#url = url;
    this.#narrator = narrator;
    this.#credential = credential;
  }

  /** The same API, for calls that the story does not tell of. */
  get silent(): Api {
    return new Api(this.#url, null, this.#credential);
  }

  /** The same API, for whoever shows this credential; null: for whoever shows none. */
  shows(credential: string | null): Api {
    return new Api(this.#url, this.#narrator, credential);
  }

  /** Makes a call and returns its answer. Throws unless the answer has this shape. */
  async call<T>(method: string, path: string, shape: z.ZodType<T>, body?: Body): Promise<T> {
    const response = await this.#send(method, path, body);
    return shaped(`${method} ${path}`, shape, await response.json());
  }

  /** Makes a call whose answer is not JSON, and returns the text. */
  async get(path: string): Promise<string> {
    const response = await this.#send("GET", path);
    return response.text();
  }

  async delete(path: string): Promise<void> {
    await this.#send("DELETE", path);
  }

  /** A call that has to be refused with this status. Answers what the refusal says. */
  async refused(method: string, path: string, status: number, body?: object): Promise<string> {
    const response = await this.#send(method, path, body, status);
    return shaped(`${method} ${path}`, Refusal, await response.json()).detail;
  }

  /** Makes a run and yields its events as they come. */
  async *stream(path: string, body: object): AsyncGenerator<RunEvent> {
    const response = await this.#send("POST", path, body);
    if (response.body === null) throw new StoryError("The run has no stream.");
    for await (const data of sentEvents(response.body)) yield shaped("The stream", RunEvent, data);
  }

  /** Throws unless the call succeeds, or, with `refusal`, unless it is refused with that status. */
  async #send(method: string, path: string, body?: Body, refusal: number | null = null): Promise<Response> {
    const isLines = typeof body === "string";
    this.#narrator?.called(method, path, isLines ? linesLabel(body) : body && JSON.stringify(body));
    const headers: Record<string, string> = {
      ...(this.#credential !== null && { Authorization: `Bearer ${this.#credential}` }),
      ...(body !== undefined && { "Content-Type": isLines ? "application/x-ndjson" : "application/json" }),
    };
    const init = { method, headers, ...(body !== undefined && { body: isLines ? body : JSON.stringify(body) }) };
    const response = await fetch(this.#url + path, init);
    if (refusal === null ? !response.ok : response.status !== refusal) {
      throw new StoryError(`${method} ${path} answered ${response.status}: ${await response.text()}`);
    }
    return response;
  }
}

const linesLabel = (lines: string) => `(${lines.split("\n").length - 1} lines of JSON)`;

function shaped<T>(what: string, shape: z.ZodType<T>, value: unknown): T {
  const read = shape.safeParse(value);
  if (read.success) return read.data;
  throw new StoryError(`${what} answered something else than expected: ${z.prettifyError(read.error)}`);
}
