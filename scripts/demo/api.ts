import { z } from "zod";
import { ApiError, EdgeSessions } from "../../packages/client/src/index.ts";
import { type Narrator, StoryError } from "./narrator.ts";

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

/** The body of a call. An object is sent as JSON, a text as lines of JSON. */
type Body = object | string;

/** The server, as one caller uses it by the client. Tells of every request as it is sent. */
export class Api {
  readonly #url: string;
  readonly #narrator: Narrator | null;
  readonly #credential: string | null;
  readonly client: EdgeSessions;

  constructor(url: string, narrator: Narrator | null, credential: string | null) {
    this.#url = url;
    this.#narrator = narrator;
    this.#credential = credential;
    this.client = new EdgeSessions({
      baseUrl: url,
      ...(credential !== null && { token: credential }),
      fetch: (address, init) => {
        narrator?.called(init.method ?? "GET", address.slice(url.length), bodyLabel(init.body));
        return fetch(address, init);
      },
    });
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
    const { data } = await this.client.request(method, path, sent(body));
    return shaped(`${method} ${path}`, shape, data);
  }

  /** Makes a call whose answer is not JSON, and returns the text. */
  async get(path: string): Promise<string> {
    return (await this.client.open("GET", path)).text();
  }

  async delete(path: string): Promise<void> {
    await this.client.request("DELETE", path);
  }

  /** A call that has to be refused with this status. Answers what the refusal says. */
  async refused(method: string, path: string, status: number, body?: object): Promise<string> {
    return (await refusalOf(this.client.request(method, path, sent(body)), status)).detail;
  }
}

/** What work was refused with. Throws unless it was, with this status. */
export async function refusalOf(work: Promise<unknown>, status: number): Promise<ApiError> {
  const failure = await work.then(() => null).catch((error: unknown) => error);
  if (failure instanceof ApiError && failure.status === status) return failure;
  throw new StoryError(`This should have been refused with ${status}: ${String(failure ?? "it was done")}`);
}

const LINES = { headers: { "Content-Type": "application/x-ndjson" } };
const sent = (body: Body | undefined) => ({ body, ...(typeof body === "string" && LINES) });

function bodyLabel(body: unknown): string {
  if (typeof body !== "string") return "";
  return body.endsWith("\n") ? `(${body.split("\n").length - 1} lines of JSON)` : body;
}

function shaped<T>(what: string, shape: z.ZodType<T>, value: unknown): T {
  const read = shape.safeParse(value);
  if (read.success) return read.data;
  throw new StoryError(`${what} answered something else than expected: ${z.prettifyError(read.error)}`);
}
