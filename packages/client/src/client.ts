import type { Requirement, RequirementList, RequirementsQuery, RunRequest } from "./api-types.ts";
import { List } from "./list.ts";
import type { ComponentPath, FirstRequest } from "./run-reader.ts";
import { RunStream } from "./run-stream.ts";
import { Sessions } from "./sessions.ts";
import {
  type Answer,
  type CallOptions,
  type ClientOptions,
  lasting,
  type RequestOptions,
  Transport,
} from "./transport.ts";

export interface RunOptions extends CallOptions {
  message: string;
  /** The session to run in; a new one where it is left out. */
  sessionId?: string | undefined;
  /** Merged over the session's state. */
  sessionState?: Record<string, unknown> | undefined;
  /** While another run of the session is active: wait (unless said otherwise), be refused, or cancel that one and be next. */
  onBusy?: RunRequest["on_busy"] | undefined;
}

/** A new run that is made from an older one. */
export interface AgainOptions extends CallOptions {
  sessionId: string;
  /** Answers the last user message again, in place of this run. */
  regenerate?: boolean | undefined;
  /** How much of the older run it begins with: all, up to the last user message, or the first so many messages. */
  continueFrom?: "end" | "last_user" | number | undefined;
  /** What the user says next; not with `regenerate`. */
  input?: string | undefined;
  /** What a regenerated answer is to heed as well. */
  additionalInstructions?: string | undefined;
}

/** A run that there is, of an agent or of a team. */
export type RunTarget = { runId: string; sessionId: string } & (
  | { agentId: string; teamId?: undefined }
  | { teamId: string; agentId?: undefined }
);

/** A row of the list of requirements, with its run to read and to answer. */
export type InboxRequirement = Requirement & { readonly run: RunStream };

const agentPath = (id: string): ComponentPath => `/agents/${encodeURIComponent(id)}`;
const teamPath = (id: string): ComponentPath => `/teams/${encodeURIComponent(id)}`;

/** An agent or a team that runs. */
export class Component {
  readonly #transport: Transport;
  readonly #path: ComponentPath;

  constructor(transport: Transport, path: ComponentPath) {
    this.#transport = transport;
    this.#path = path;
  }

  /** A new run. Nothing is sent until it is read or started. */
  run({ message, sessionId, sessionState, onBusy, ...options }: RunOptions): RunStream {
    const body = { message, session_id: sessionId, session_state: sessionState, on_busy: onBusy };
    return this.#stream("/runs", body, options);
  }

  /** A new run that is made from an older one: a regenerated answer, or another way to go on. */
  again(runId: string, { sessionId, regenerate, continueFrom, input, ...rest }: AgainOptions): RunStream {
    const { additionalInstructions, ...options } = rest;
    const body = {
      session_id: sessionId,
      regenerate,
      continue_from: regenerate === true ? continueFrom : (continueFrom ?? "end"),
      input,
      additional_instructions: additionalInstructions,
    };
    return this.#stream(`/runs/${encodeURIComponent(runId)}/continue`, body, options);
  }

  #stream(rest: string, body: object, options: CallOptions): RunStream {
    const key = options.idempotencyKey ?? crypto.randomUUID();
    const first: FirstRequest = { path: this.#path + rest, body, key };
    return new RunStream(this.#transport, { component: this.#path, first }, options);
  }
}

/** A server of Edge Sessions, as one caller uses it. */
export class EdgeSessions {
  readonly #transport: Transport;
  readonly sessions: Sessions;
  readonly requirements: { list(query?: RequirementsQuery, options?: CallOptions): List<InboxRequirement> };

  constructor(options: ClientOptions) {
    this.#transport = new Transport(options);
    this.sessions = new Sessions(this.#transport);
    this.requirements = { list: (query = {}, options = {}) => this.#inbox(query, options) };
  }

  agent(id: string): Component {
    return new Component(this.#transport, agentPath(id));
  }

  team(id: string): Component {
    return new Component(this.#transport, teamPath(id));
  }

  /** A run that there is: all of its events, or those behind the one with index `after`. */
  attach(target: RunTarget, { after = -1, ...options }: CallOptions & { after?: number } = {}): RunStream {
    const { agentId, teamId, runId, sessionId } = target;
    const component = teamId === undefined ? agentPath(agentId) : teamPath(teamId);
    return new RunStream(this.#transport, { place: { component, runId, sessionId }, after }, options);
  }

  /** Any request, for what has no method here: with the token, tries and errors as all others. */
  request<T = unknown>(method: string, path: string, options: RequestOptions = {}): Promise<Answer<T>> {
    return this.#transport.json(method, path, options);
  }

  /** The same where the answer is no JSON, such as an export: its body is yours to read, or to cancel. */
  open(method: string, path: string, options: RequestOptions = {}): Promise<Response> {
    return this.#transport.open(method, path, options);
  }

  #inbox(query: RequirementsQuery, options: CallOptions): List<InboxRequirement> {
    return new List(async (cursor) => {
      const page = { ...options, query: { ...query, cursor } };
      const { data: answer } = await this.#transport.json<RequirementList>("GET", "/requirements", page);
      return { ...answer, data: answer.data.map((row) => this.#withRun(row, options)) };
    });
  }

  /** The run is no part of the row's JSON. */
  #withRun(row: Requirement, options: CallOptions): InboxRequirement {
    const { run_id: runId, session_id: sessionId, run_agent_id: agentId, run_team_id: teamId } = row;
    const of = teamId === null ? { agentId: agentId ?? "" } : { teamId };
    const run = this.attach({ ...of, runId, sessionId }, lasting(options));
    return Object.defineProperty(row as InboxRequirement, "run", { value: run });
  }
}
