import type {
  CreateSession,
  MessagePage,
  MessagesQuery,
  RenameSession,
  Run,
  RunsQuery,
  Session,
  SessionDetail,
  SessionList,
  SessionMergePatch,
  SessionsQuery,
} from "./api-types.ts";
import { List } from "./list.ts";
import type { Answer, CallOptions, RequestOptions, Transport } from "./transport.ts";

/** A call that counts only while the session has this ETag; else it is refused with 412. */
export interface ConditionalOptions extends CallOptions {
  ifMatch?: string | null | undefined;
}

const path = (sessionId: string, rest = ""): string => `/sessions/${encodeURIComponent(sessionId)}${rest}`;

export class Sessions {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  list(query: SessionsQuery = {}, options: CallOptions = {}): List<Session, SessionList> {
    return new List(async (cursor) => {
      const page = await this.#transport.json<SessionList>("GET", "/sessions", {
        ...options,
        query: { ...query, cursor },
      });
      return page.data;
    });
  }

  get(sessionId: string, options: CallOptions = {}): Promise<Answer<SessionDetail>> {
    return this.#transport.json("GET", path(sessionId), options);
  }

  create(session: CreateSession = {}, options: CallOptions = {}): Promise<Answer<SessionDetail>> {
    return this.#transport.json("POST", "/sessions", { ...options, body: session });
  }

  /** Merges: what is left out stays, null takes away. */
  patch(sessionId: string, patch: SessionMergePatch, options: ConditionalOptions = {}): Promise<Answer<SessionDetail>> {
    const { headers, ...rest } = conditional(options);
    const type = { "Content-Type": "application/merge-patch+json" };
    return this.#transport.json("PATCH", path(sessionId), { ...rest, headers: { ...type, ...headers }, body: patch });
  }

  /** By hand, or by model. */
  rename(
    sessionId: string,
    name: { name: string } | { generate: true; fallback?: string },
    options: ConditionalOptions = {},
  ): Promise<Answer<SessionDetail>> {
    const body: RenameSession =
      "name" in name ? { session_name: name.name } : { autogenerate: true, fallback: name.fallback ?? null };
    return this.#transport.json("POST", path(sessionId, "/rename"), { ...conditional(options), body });
  }

  async delete(sessionId: string, options: CallOptions = {}): Promise<void> {
    await this.#transport.json("DELETE", path(sessionId), options);
  }

  /** The newest messages, oldest first. `meta.before` asks for older ones. */
  async messages(sessionId: string, query: MessagesQuery = {}, options: CallOptions = {}): Promise<MessagePage> {
    const page = await this.#transport.json<MessagePage>("GET", path(sessionId, "/messages"), { ...options, query });
    return page.data;
  }

  async runs(sessionId: string, query: RunsQuery = {}, options: CallOptions = {}): Promise<Run[]> {
    return (await this.#transport.json<Run[]>("GET", path(sessionId, "/runs"), { ...options, query })).data;
  }
}

const conditional = ({ ifMatch, headers, ...options }: ConditionalOptions): RequestOptions => ({
  ...options,
  headers: { ...(ifMatch && { "If-Match": ifMatch }), ...headers },
});
