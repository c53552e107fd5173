import {
  MAX_QUOTED_BYTES,
  MAX_REASONING_EVENT_BYTES,
  MAX_ROW_BYTES,
  MAX_RUN_EVENT_BYTES,
  MAX_STATE_BYTES,
  MAX_TOOL_RESULT_BYTES,
} from "../../domain/limits.ts";
import type { Requirement } from "../../domain/requirement.ts";
import { hasCompleted, type RunRow } from "../../domain/run.ts";
import { blankSession, type Session } from "../../domain/session.ts";
import { storedBytes } from "../../lib/stored-bytes.ts";
import type { Database } from "../../store/database.ts";
import type { MessageRow } from "../../store/messages/message-rows.ts";
import { addStatements } from "../../store/portable/import-writes.ts";
import type { LateFields } from "../agno/session.ts";
import { logProblem } from "../record/event-log.ts";
import type { PortableMessage, PortableRequirement, PortableRun } from "../record/run-record.ts";
import { NO_ROWS, type PortableSession, type SessionCounts } from "../record/session-record.ts";
import type { ImportDatabase, Trouble } from "./database.ts";
import type { ImportIds } from "./ids.ts";
import { ProviderDataBound } from "./provider-data.ts";
import { ToldBytes } from "./told-bytes.ts";
import { TreeBounds, type TreeRun } from "./tree-bounds.ts";

const FLUSH_BYTES = 512 * 1024;
const FLUSH_ROWS = 3_000;
/** A reader of a run has all of it in memory. No run that is made here is larger. */
const MAX_RUN_BYTES = 12 * 1024 * 1024;
/**
 * The events of a run are in every list of runs. The 1 MB of text that a live run has room for takes 18 MB as events in
 * the worst case: control characters of failed calls are six bytes each as JSON, and are told three times.
 */
const MAX_TOLD_BYTES = 40 * 1024 * 1024;
/** How much the row of a paused run may grow when it goes on: its log and its summary, its state, its end. */
const PAUSED_GROWTH_BYTES = MAX_RUN_EVENT_BYTES + MAX_REASONING_EVENT_BYTES + 2 * MAX_STATE_BYTES + 64 * 1024;
/** How much the row of an open requirement may grow when a person answers it. */
const OPEN_GROWTH_BYTES = MAX_QUOTED_BYTES + MAX_TOOL_RESULT_BYTES;
const MAX_OPEN = 50_000;

/** What a session is imported as. */
interface ImportedAs {
  ids: ImportIds;
  /** Replaces the owners that lines name; null keeps them. */
  owner: string | null;
  fence: string;
}

/**
 * A session that is being imported: hidden, in pieces, in the order of its lines. Each method answers what is wrong, or
 * null. Once one has answered that something is wrong, only `abandon` may be called.
 */
export class SessionImport {
  readonly #store: ImportDatabase;
  readonly #draft: PortableSession;
  readonly #ids: ImportIds;
  readonly #owner: string | null;
  readonly #fence: string;
  #runs: RunRow[] = [];
  #messages: MessageRow[] = [];
  #requirements: Requirement[] = [];
  #bytes = 0;
  /** The run that the lines belong to now. */
  #run: {
    row: RunRow;
    messages: number;
    requirements: number;
    told: ToldBytes;
    aside: ProviderDataBound;
    inTree: TreeRun;
  } | null = null;
  readonly #trees = new TreeBounds();
  readonly #open: string[] = [];
  #counts = NO_ROWS;
  #nextRunIndex = 0;
  #completedRuns = 0;
  #chatMessages = 0;

  constructor(store: ImportDatabase, draft: PortableSession, { ids, owner, fence }: ImportedAs) {
    this.#store = store;
    this.#draft = draft;
    this.#ids = ids;
    this.#owner = owner;
    this.#fence = fence;
  }

  get sessionId(): string {
    return this.#ids.sessionId;
  }

  get #userId(): string | null {
    return this.#owner ?? this.#draft.userId;
  }

  /** Takes the session's id for a hidden session; `taken` if another session has it. */
  begin(nowMs: number): Promise<Trouble | "taken" | null> {
    const { sessionType, agentId, teamId, workflowId, createdAt } = this.#draft;
    const identity = { sessionId: this.sessionId, sessionType, agentId, teamId, workflowId, createdAt };
    const hidden = blankSession({ ...identity, userId: this.#userId, fence: this.#fence });
    return this.#store.claim({ ...hidden, visibility: "importing", hiddenAt: nowMs });
  }

  async run(run: PortableRun, nowMs: number): Promise<Trouble | null> {
    const inTree: TreeRun = { id: run.runId, parentId: run.parentRunId, runIndex: run.runIndex ?? 0, bytes: 0 };
    const trouble = this.#misplaced(run, inTree) ?? this.#lacking();
    if (trouble !== null) {
      return trouble;
    }
    const row = await this.#rowOf(run);
    // Behind a top-level run a new tree begins, and this run has no member runs before it.
    const ofMembers = this.#run?.inTree.parentId == null ? undefined : this.#run.told.most;
    const told = new ToldBytes(run, ofMembers);
    this.#run = { row, messages: 0, requirements: 0, told, aside: new ProviderDataBound(run), inTree };
    this.#nextRunIndex = run.runIndex === null ? this.#nextRunIndex : run.runIndex + 1;
    this.#completedRuns += row.parentRunId === null && hasCompleted(row) ? 1 : 0;
    this.#counts = { ...this.#counts, runs: this.#counts.runs + 1 };
    this.#runs.push(row);
    return this.#added(row, nowMs, { growth: run.status === "PAUSED" ? PAUSED_GROWTH_BYTES : 0 });
  }

  /** What is wrong with the run at this place of the session. */
  #misplaced({ runIndex, status, events, memberSlots }: PortableRun, inTree: TreeRun): Trouble | null {
    const hasStarted = this.#run === null || this.#run.row.runIndex !== null;
    if (runIndex !== null && (!hasStarted || runIndex < this.#nextRunIndex)) {
      return wrong("Runs must come in the order of their run_index, and those without one last.");
    }
    if (runIndex === null && status !== "CANCELLED") {
      return wrong(`run_index: a run that is ${status} has one.`);
    }
    const problem =
      logProblem(events ?? [], status) ?? (runIndex === null ? null : this.#trees.add(inTree, memberSlots));
    return problem === null ? null : wrong(problem);
  }

  /** The row of a run that neither waits nor goes on here, and that no idempotency key names. */
  async #rowOf(run: PortableRun): Promise<RunRow> {
    return {
      ...run,
      runId: await this.#ids.mapped(run.runId),
      sessionId: this.sessionId,
      parentRunId: await this.#ids.mapped(run.parentRunId),
      origin: await this.#ids.origin(run.origin),
      userId: this.#owner ?? run.userId,
      waiting: false,
      position: 0,
      fence: this.#fence,
      events: run.events === null ? null : JSON.stringify(run.events),
      idempotencyCaller: "",
      idempotencyUser: "",
      idempotencyAgent: "",
      idempotencyKey: "",
      fieldsDigest: "",
    };
  }

  async message(message: PortableMessage, nowMs: number): Promise<Trouble | null> {
    const run = this.#run;
    if (run === null || run.inTree.id !== message.runId || run.row.runIndex === null || run.requirements > 0) {
      return wrong("A message must come behind its run, and before what that waited for.");
    }
    if (message.messageIndex !== run.messages) {
      return wrong(`message_index: the run's next message is ${run.messages}.`);
    }
    run.messages += 1;
    const { runId, runIndex } = run.row;
    const row: MessageRow = { ...run.aside.kept(message), sessionId: this.sessionId, runIndex, runId };
    const isSaid = message.role === "user" || message.role === "assistant";
    this.#chatMessages += isSaid && run.row.parentRunId === null ? 1 : 0;
    this.#counts = { ...this.#counts, messages: this.#counts.messages + 1 };
    this.#messages.push(row);
    return this.#added(row, nowMs, { tell: () => run.told.message(message) });
  }

  async requirement(requirement: PortableRequirement, nowMs: number): Promise<Trouble | null> {
    const run = this.#run;
    if (run === null || run.inTree.id !== requirement.runId) {
      return wrong("A requirement must come behind its run.");
    }
    if (requirement.position < run.requirements) {
      return wrong("position: the requirements of a run must come in this order.");
    }
    run.requirements = requirement.position + 1;
    const requirementId = await this.#ids.mapped(requirement.requirementId);
    const answeredByOwner = requirement.answeredBy !== null && requirement.answeredBy === this.#draft.userId;
    const isOpen = requirement.status === "open";
    const row: Requirement = {
      ...requirement,
      requirementId,
      sessionId: this.sessionId,
      runId: run.row.runId,
      memberRunId: await this.#ids.mapped(requirement.memberRunId),
      userId: this.#userId,
      // No person may be asked before the session shows. The statement that shows the session opens these again.
      status: isOpen ? "cancelled" : requirement.status,
      answeredBy: answeredByOwner ? this.#userId : requirement.answeredBy,
    };
    if (isOpen && this.#open.push(requirementId) > MAX_OPEN) {
      return wrong(`More than ${MAX_OPEN} requirements of the session are open.`);
    }
    this.#counts = { ...this.#counts, requirements: this.#counts.requirements + 1 };
    this.#requirements.push(row);
    const { memberRunId } = requirement;
    const tell = () => run.told.requirement({ ...row, memberRunId });
    return this.#added(row, nowMs, { growth: isOpen ? OPEN_GROWTH_BYTES : 0, tell });
  }

  /** Shows the session if as many rows came as its last line says. */
  async finish(said: Partial<SessionCounts>, late: LateFields, nowMs: number): Promise<Trouble | null> {
    for (const name of ["runs", "messages", "requirements"] as const) {
      if (said[name] !== undefined && said[name] !== this.#counts[name]) {
        return wrong(`counts: ${said[name]} ${name} were written out, and ${this.#counts[name]} came.`);
      }
    }
    const trouble = this.#lacking() ?? (await this.#flush(nowMs));
    return trouble ?? this.#store.show(this.#shown(late), this.#open);
  }

  /**
   * Takes back what was written. If D1 does not answer, the session stays hidden until a later import takes it over or
   * it is purged.
   */
  abandon(newFence: string): Promise<void> {
    return this.#store.abandon({ sessionId: this.sessionId, fence: this.#fence }, newFence);
  }

  #shown(late: LateFields): Session {
    return {
      ...this.#draft,
      ...late,
      sessionId: this.sessionId,
      userId: this.#userId,
      forkedFromSessionId: this.#ids.source(this.#draft.forkedFromSessionId),
      hiddenAt: null,
      unindexedFrom: this.#nextRunIndex > 0 ? 0 : null,
      nextRunIndex: this.#nextRunIndex,
      completedRuns: this.#completedRuns,
      chatMessages: this.#chatMessages,
      fence: this.#fence,
    };
  }

  /**
   * Whether input messages of the last run are missing: a run that goes on writes behind them, so all must be there.
   */
  #lacking(): Trouble | null {
    const run = this.#run;
    return run !== null && run.messages < run.row.inputMessages
      ? wrong(`input_messages: ${run.row.inputMessages} of the run before it are input, and ${run.messages} came.`)
      : null;
  }

  /**
   * `growth` is how much the row may grow later; `tell` counts what the row adds to the run's events, once its size is
   * checked.
   */
  async #added(
    row: RunRow | MessageRow | Requirement,
    nowMs: number,
    { growth = 0, tell = () => {} }: { growth?: number; tell?: () => void },
  ): Promise<Trouble | null> {
    const bytes = storedBytes(row);
    if (bytes > MAX_ROW_BYTES - growth) {
      const takes = `and the database takes ${MAX_ROW_BYTES}`;
      return wrong(
        growth === 0
          ? `It is ${bytes} bytes as a row, ${takes}.`
          : `It is ${bytes} bytes as a row, may grow by ${growth}, ${takes}.`,
      );
    }
    if (this.#run !== null) {
      const { inTree, told } = this.#run;
      tell();
      inTree.bytes += bytes;
      if (inTree.bytes > MAX_RUN_BYTES) return wrong(`The run is larger than ${MAX_RUN_BYTES} bytes.`);
      if (told.bytes > MAX_TOLD_BYTES) return wrong(`The run's events tell more than ${MAX_TOLD_BYTES} bytes.`);
    }
    this.#bytes += bytes;
    const rows = this.#runs.length + this.#messages.length + this.#requirements.length;
    return this.#bytes < FLUSH_BYTES && rows < FLUSH_ROWS ? null : this.#flush(nowMs);
  }

  async #flush(nowMs: number): Promise<Trouble | null> {
    const rows = { runs: this.#runs, messages: this.#messages, requirements: this.#requirements };
    if (rows.runs.length + rows.messages.length + rows.requirements.length === 0) {
      return null;
    }
    this.#runs = [];
    this.#messages = [];
    this.#requirements = [];
    this.#bytes = 0;
    const fence = { sessionId: this.sessionId, fence: this.#fence };
    return this.#store.add((db: Database) => addStatements(db, fence, rows, nowMs));
  }
}

const wrong = (reason: string): Trouble => ({ reason, isAway: false });
