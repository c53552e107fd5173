import type { JsonObject } from "../../domain/json.ts";
import { MAX_NAME_CODE_POINTS } from "../../domain/limits.ts";
import { blankSession, type Session, type SessionSummary, type SessionType } from "../../domain/session.ts";
import { firstCodePoints } from "../../lib/text.ts";
import { type PortableSession, sessionRecord } from "../record/session-record.ts";
import { tokenMetrics } from "./metrics.ts";
import { runName } from "./run-input.ts";
import { AgnoRunOrder } from "./run-order.ts";
import { type AgnoRun, agnoRun } from "./runs.ts";
import { column, filled, instantOf, instantProblem, jsonOf, objectOf, objectsOf, textOf } from "./values.ts";

/** Makes the one masked line that a list shows of a text. */
export type Preview = (text: string) => string;

/** The columns whose JSON is imported. */
export const AGNO_COLUMNS: ReadonlySet<string> = new Set([
  "session_data",
  "metadata",
  "summary",
  "agent_data",
  "team_data",
  "workflow_data",
  "runs",
  "run_data",
]);

/** Whether a line is a row of `agno_sessions` or of `agno_runs`; null if it is neither. */
export function agnoKind(line: JsonObject): "session" | "run" | null {
  if ("run_data" in line && "run_id" in line) return "run";
  return "session_id" in line && ("session_type" in line || "session_data" in line || "runs" in line)
    ? "session"
    : null;
}

export type ReadSession =
  | { ok: true; session: PortableSession; runs: JsonObject[] }
  | { ok: false; sessionId: string | null; problem: string };

/** Reads a row of `agno_sessions`. Up to Agno 2.x the row holds the runs too. */
export function agnoSession(row: JsonObject): ReadSession {
  const data = objectOf(column(row.session_data));
  const createdAt = instantOf(row.created_at) ?? 0;
  const updatedAt = instantOf(row.updated_at) ?? createdAt;
  const sessionId = textOf(row.session_id);
  const wrongInstant = instantProblem(row, ["created_at", "updated_at"]);
  if (wrongInstant !== null) {
    return { ok: false, sessionId, problem: wrongInstant };
  }
  const name = textOf(data?.session_name);
  const session: PortableSession = {
    ...blankSession({
      sessionId: sessionId ?? "",
      sessionType: typeOf(row),
      agentId: textOf(row.agent_id),
      teamId: textOf(row.team_id),
      workflowId: textOf(row.workflow_id),
      userId: null,
      // The import gives the session its fence.
      fence: "",
      createdAt,
    }),
    ...(name !== null && {
      name: firstCodePoints(name, MAX_NAME_CODE_POINTS),
      nameSource: "manual",
      nameVersion: 1,
      nameUpdatedAt: updatedAt,
    }),
    userId: textOf(row.user_id),
    state: objectOf(data?.session_state),
    metadata: filled(column(row.metadata)),
    summary: summaryOf(column(row.summary)),
    visibility: "listed",
    componentData: jsonOf(filled(column(row.agent_data ?? row.team_data ?? row.workflow_data))),
    metrics: tokenMetrics(data?.session_metrics),
    forkedFromSessionId: textOf(data?.forked_from_session_id),
    updatedAt,
  };
  const read = sessionRecord.read(JSON.parse(sessionRecord.write(session)));
  return read.ok
    ? { ok: true, session: read.row, runs: objectsOf(column(row.runs)) }
    : { ok: false, sessionId, problem: read.problem };
}

/** The type of a session, found out as Agno does. */
function typeOf(row: JsonObject): SessionType {
  const { session_type: type } = row;
  if (type === "agent" || type === "team" || type === "workflow") return type;
  if (textOf(row.agent_id) !== null) return "agent";
  if (textOf(row.team_id) !== null) return "team";
  return textOf(row.workflow_id) === null ? "agent" : "workflow";
}

function summaryOf(value: unknown): SessionSummary | null {
  const row = objectOf(value);
  const summary = textOf(row?.summary);
  if (row === null || summary === null) return null;
  const topics = Array.isArray(row.topics) ? row.topics.flatMap((topic) => textOf(topic) ?? []) : [];
  const updatedAt = textOf(row.updated_at);
  return { summary, ...(topics.length > 0 && { topics }), ...(updatedAt !== null && { updated_at: updatedAt }) };
}

/** The fields of a session that follow from its runs. Agno's row does not have them. */
export type LateFields = Partial<Pick<Session, "firstMessage" | "lastMessage">>;

export type TakenRuns = { ok: true; runs: AgnoRun[] } | { ok: false; problem: string };

/** Reads the runs of one session of Agno's as they come. */
export class AgnoRuns {
  readonly #session: PortableSession;
  readonly #preview: Preview;
  readonly #order = new AgnoRunOrder();
  #first: string | null = null;
  #last: LateFields["lastMessage"] = null;
  #ignored = 0;

  constructor(session: PortableSession, preview: Preview) {
    this.#session = session;
    this.#preview = preview;
  }

  /** How many runs of workflows were left out. */
  get ignored(): number {
    return this.#ignored;
  }

  /** Takes a run; answers the runs whose run index is known now. `chars` is the length of the line that it came in. */
  take(data: JsonObject, chars: number): TakenRuns {
    const read = agnoRun(data, this.#session);
    if (read === null) {
      this.#ignored += 1;
      return { ok: true, runs: [] };
    }
    if (!read.ok) {
      return read;
    }
    const placed = this.#order.add(read.run, chars);
    for (const member of objectsOf(data.member_responses)) {
      const taken = this.take({ ...member, parent_run_id: textOf(member.parent_run_id) ?? read.run.run.runId }, 0);
      if (!taken.ok) return taken;
      placed.push(...taken.runs);
    }
    if (this.#order.isFull) {
      return { ok: false, problem: "Too many member runs come before the run of their team." };
    }
    return { ok: true, runs: this.#seen(placed) };
  }

  end(): { runs: AgnoRun[]; late: LateFields } {
    const runs = this.#seen(this.#order.end());
    return { runs, late: { firstMessage: this.#first, lastMessage: this.#last ?? null } };
  }

  #seen(runs: AgnoRun[]): AgnoRun[] {
    for (const { run, messages } of runs) {
      if (run.parentRunId !== null) continue;
      this.#first ??= this.#preview(runName(messages, run.input)) || null;
      const said = messages.findLast(
        ({ role, content }) => (role === "user" || role === "assistant") && content !== "",
      );
      const text = said === undefined ? "" : this.#preview(said.content);
      if (said !== undefined && text !== "") {
        this.#last = { role: said.role === "user" ? "user" : "assistant", text, at: said.createdAt };
      }
    }
    return runs;
  }
}

/** Reads a row of `agno_runs`: its session, and the run. What `run_data` leaves out is taken from the row's columns. */
export function agnoRunRow(row: JsonObject): { sessionId: string | null; data: JsonObject } {
  const { run_id, agent_id, team_id, user_id, parent_run_id, status, created_at } = row;
  const columns = { run_id, agent_id, team_id, user_id, parent_run_id, status, created_at };
  const known = Object.entries(columns).filter(([, value]) => value !== null && value !== undefined);
  const data = objectOf(column(row.run_data)) ?? {};
  return { sessionId: textOf(row.session_id), data: { ...(Object.fromEntries(known) as JsonObject), ...data } };
}
