import { answerJson, answerTo, type OpenRequirement } from "./answers.ts";
import { type Answer, call } from "./calls.ts";
import { nameWrite, patchWrite, type SessionJson, snapshotOf, stateWrite, tagWrite } from "./cells.ts";
import type { ModelServer } from "./model-server.ts";
import type { Action, Condition, Operation, Reading } from "./operations.ts";
import { type Act, begunAct, type Clock, type SessionRecord } from "./record.ts";
import { toldByEvents, toldByJson } from "./told.ts";
import { COMMON_WORD, instructionsText, messageText, nameText } from "./words.ts";

/** The agent whose runs are made. It has tools of each kind. */
export const AGENT = "operator";
const RUNS = `/agents/${AGENT}/runs`;

/** The server as clients know it. */
export interface World {
  url: string;
  /** Becomes false right before the server is killed. */
  isUp: boolean;
}

/** The request of an action. Where a null stands for it, there is nothing to act on. */
interface Request {
  method: "GET" | "POST" | "PATCH" | "DELETE";
  path: string;
  /** The query of the path. The user is added to it. */
  query?: Record<string, string>;
  body?: object;
  headers?: Record<string, string>;
  leaveAfter?: number;
}

const LEAVE_AFTER = 3;

/** One client of one session. It performs operations and records what it sees. */
export class Client {
  readonly #world: World;
  readonly #record: SessionRecord;
  readonly #model: ModelServer;
  readonly #clock: Clock;
  readonly #epoch: number;
  readonly #name: string;
  /** The ETags that this client has seen, oldest first. */
  readonly #etags: string[] = [];

  constructor(
    name: string,
    epoch: number,
    record: SessionRecord,
    shared: { world: World; model: ModelServer; clock: Clock },
  ) {
    this.#name = name;
    this.#epoch = epoch;
    this.#record = record;
    this.#world = shared.world;
    this.#model = shared.model;
    this.#clock = shared.clock;
  }

  /** Performs the operation and returns what came of it; null if there was nothing to act on. */
  async perform(operation: Operation): Promise<Act | null> {
    const invokedAt = this.#clock.tick();
    const act = begunAct({ epoch: this.#epoch, client: this.#name, operation, invokedAt });
    const request = await this.#request(operation, act);
    if (request === null) return null;
    this.#record.acts.push(act);
    act.invokedAt = this.#clock.tick();
    const answer = await this.#send(request, act).catch((error: unknown) => String(error));
    if (typeof answer === "string") {
      // Headers without an error say that the operation was accepted, even if the rest of the answer is lost.
      act.outcome = act.acceptedAt === null ? "unknown" : "acknowledged";
      act.detail = answer;
    } else {
      act.status = answer.status;
      act.outcome = answer.status < 400 ? "acknowledged" : answer.status < 500 ? "refused" : "unknown";
      act.detail = act.outcome === "acknowledged" ? "" : JSON.stringify(answer.json);
      if (act.outcome === "acknowledged") this.#understand(operation.action, act, answer);
    }
    act.endedAt = this.#clock.tick();
    act.isServerUp = this.#world.isUp;
    return act;
  }

  #send({ method, path, query, body, headers, leaveAfter }: Request, act: Act): Promise<Answer> {
    const search = new URLSearchParams({ ...query, ...(body === undefined && { user_id: this.#record.userId }) });
    if (query !== undefined || body === undefined) path += `?${search}`;
    return call({
      method,
      url: this.#world.url + path,
      ...(body !== undefined && { body }),
      ...(headers !== undefined && { headers }),
      ...(leaveAfter !== undefined && { leaveAfter }),
      onHeaders: (status, answered) => {
        if (status >= 400) return;
        act.acceptedAt = this.#clock.tick();
        act.status = status;
        act.runId = answered.get("X-Run-Id") ?? act.runId;
      },
    });
  }

  async #request(operation: Operation, act: Act): Promise<Request | null> {
    const { action, token } = operation;
    const { sessionId, userId } = this.#record;
    const session = `/sessions/${sessionId}`;
    switch (action.kind) {
      case "run":
        return this.#running(action, token, act);
      case "patch": {
        act.write = patchWrite(action.fields, action.merge);
        const type = action.merge ? "application/merge-patch+json" : "application/json";
        const headers = { "Content-Type": type, ...this.#condition(action.condition, act) };
        return { method: "PATCH", path: session, query: { user_id: userId }, body: action.fields, headers };
      }
      case "rename": {
        act.write = nameWrite(nameText(token));
        const headers = this.#condition(action.condition, act);
        const body = { session_name: nameText(token) };
        return { method: "POST", path: `${session}/rename`, query: { user_id: userId }, body, headers };
      }
      case "tag": {
        act.write = tagWrite(action.add, action.remove);
        const removed = action.remove.length > 0 ? { remove_tags: action.remove } : {};
        const tags = { action: "tag", session_ids: [sessionId], add_tags: action.add, ...removed };
        return { method: "POST", path: "/sessions/bulk", body: { ...tags, user_id: userId } };
      }
      case "cancel": {
        act.runId = chosen(this.#runs(), action.pick);
        const query = { session_id: sessionId, user_id: userId };
        return act.runId === null ? null : { method: "POST", path: `${RUNS}/${act.runId}/cancel`, query };
      }
      case "continue":
        return this.#answering(action, token, act);
      case "regenerate":
      case "branch":
        return this.#makingAnother(action, token);
      case "resume": {
        act.runId = chosen(this.#runs(), action.pick);
        const body = { ...this.#whose(), ...(action.after >= 0 && { last_event_index: action.after }) };
        return act.runId === null ? null : { method: "POST", path: `${RUNS}/${act.runId}/resume`, body };
      }
      case "fork":
        return { method: "POST", path: `/agents/${AGENT}/sessions/${sessionId}/fork` };
      case "delete":
        return { method: "DELETE", path: session };
      case "restore":
        return { method: "POST", path: `${session}/restore` };
      case "read":
        return { method: "GET", path: session };
      case "list":
        return { method: "GET", path: "/sessions", query: { archived: "all", limit: "100" } };
      case "search":
        return { method: "GET", path: "/search", query: { q: COMMON_WORD, session_id: sessionId, limit: "100" } };
    }
  }

  #whose() {
    return { session_id: this.#record.sessionId, user_id: this.#record.userId };
  }

  #running(action: Action & { kind: "run" }, token: string, act: Act): Request {
    this.#model.script(token, action.turns);
    const { state, onBusy, keyed } = action;
    if (state !== null) act.write = stateWrite(state);
    const sent = { ...this.#whose(), message: messageText(token), on_busy: onBusy };
    const body = state === null ? sent : { ...sent, session_state: state };
    return { ...reading("POST", RUNS, action.read, body), ...(keyed && { headers: { "Idempotency-Key": token } }) };
  }

  /** Makes a run from an older one. */
  #makingAnother(action: Action & { kind: "regenerate" | "branch" }, token: string): Request | null {
    const older = chosen(this.#runs("run"), action.pick);
    if (older === null) return null;
    this.#model.script(token, action.turns);
    const how =
      action.kind === "branch"
        ? { continue_from: "end", input: messageText(token) }
        : { regenerate: true, replace_original: action.replace, additional_instructions: instructionsText(token) };
    return reading("POST", `${RUNS}/${older}/continue`, action.read, { ...this.#whose(), ...how });
  }

  /** The runs that a client was told of. With `kind`, only those that such an operation made. */
  #runs(kind?: Action["kind"]): string[] {
    const makes = kind === undefined ? ["run", "regenerate", "branch"] : [kind];
    const runs = this.#record.acts.filter(
      ({ operation, acceptedAt }) => acceptedAt !== null && makes.includes(operation.action.kind),
    );
    return [...new Set(runs.flatMap(({ runId }) => runId ?? []))];
  }

  #condition(condition: Condition, act: Act): Record<string, string> {
    act.ifMatch = (condition === "first" ? this.#etags[0] : this.#etags.at(-1)) ?? null;
    if (condition === "none") act.ifMatch = null;
    return act.ifMatch === null ? {} : { "If-Match": act.ifMatch };
  }

  /** Answers what one run of the inbox waits for. */
  async #answering(action: Action & { kind: "continue" }, token: string, act: Act): Promise<Request | null> {
    const url = `${this.#world.url}/requirements?user_id=${this.#record.userId}&limit=100`;
    const inbox = await call({ method: "GET", url }).catch(() => null);
    if (inbox?.status !== 200) return null;
    const open = (inbox.json as { data: OpenRequirement[] }).data;
    const runId = chosen([...new Set(open.map(({ run_id }) => run_id))].sort(), action.pick);
    if (runId === null) return null;
    act.runId = runId;
    const asked = open.filter(({ run_id }) => run_id === runId);
    act.answers = asked.slice(0, action.onlyFirst ? 1 : undefined).map((one) => answerTo(one, action.approve, token));
    const body = { ...this.#whose(), requirements: act.answers.map(answerJson) };
    return reading("POST", `${RUNS}/${runId}/continue`, action.read === "background" ? "leave" : action.read, body);
  }

  #understand(action: Action, act: Act, { headers, json, events }: Answer): void {
    switch (action.kind) {
      case "run":
      case "regenerate":
      case "branch":
      case "continue":
        act.told = json === null ? toldByEvents(events) : toldByJson(json);
        act.events = events.map(({ index, event, content }) => ({ index, event, content }));
        break;
      case "resume":
        act.events = events.map(({ index, event, content }) => ({ index, event, content }));
        break;
      case "patch":
      case "rename":
      case "read":
      case "restore": {
        act.snapshot = snapshotOf(headers.get("ETag") ?? "", json as SessionJson);
        this.#etags.push(act.snapshot.etag);
        break;
      }
      case "fork":
        act.forkId = (json as { session_id: string }).session_id;
        break;
      case "list":
        act.found = (json as { data: { session_id: string }[] }).data.map(({ session_id }) => session_id);
        break;
      case "search":
        act.found = (json as { data: { run_id: string }[] }).data.map(({ run_id }) => run_id);
        break;
      case "tag":
        // The job exists. What it does may happen at any time.
        if ((json as { status: string }).status !== "completed") act.outcome = "unknown";
        break;
      case "cancel":
      case "delete":
        break;
    }
  }
}

const chosen = (list: readonly string[], pick: number): string | null => list[pick % list.length] ?? null;

/** The request for a run whose answer is taken in this way. */
function reading(method: "POST", path: string, read: Reading, body: object): Request {
  const stream = read === "stream" || read === "leave";
  const how = { stream, ...(read === "background" && { background: true }) };
  return { method, path, body: { ...body, ...how }, ...(read === "leave" && { leaveAfter: LEAVE_AFTER }) };
}
