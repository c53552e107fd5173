import {
  MAX_QUOTED_BYTES,
  MAX_REASONING_EVENT_BYTES,
  MAX_ROW_BYTES,
  MAX_RUN_EVENT_BYTES,
  MAX_STATE_BYTES,
  MAX_TOOL_RESULT_BYTES,
} from "../../domain/limits.ts";
import type { Owner } from "../../domain/owner.ts";
import { importedOwner, type Principal } from "../../domain/principal.ts";
import type { Requirement } from "../../domain/requirement.ts";
import { hasCompleted, type RunRow } from "../../domain/run.ts";
import type { Session } from "../../domain/session.ts";
import { shortened } from "../../engine/run/event-log.ts";
import { storedMetrics } from "../../engine/run/metrics.ts";
import { ownModel } from "../../engine/run/stored-run.ts";
import { storedBytes } from "../../lib/stored-bytes.ts";
import type { MessageRow } from "../../store/messages/message-rows.ts";
import type { LateFields } from "../agno/session.ts";
import { logProblem } from "../record/event-log.ts";
import type { PortableMessage, PortableRequirement, PortableRun } from "../record/run-record.ts";
import { NO_ROWS, type PortableSession, type SessionCounts } from "../record/session-record.ts";
import { ProviderDataBound } from "./provider-data.ts";
import { ToldBytes } from "./told-bytes.ts";
import { TreeBounds, type TreeRun } from "./tree-bounds.ts";

/** Held rows are written to D1 once they are this large, in bytes or in rows. */
export const FLUSH_BYTES = 512 * 1024;
export const FLUSH_ROWS = 3_000;
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

/** Rows that are not written yet. They name the session and its runs by the ids that their lines have, and no fence. */
export interface HeldRows {
  runs: RunRow[];
  messages: MessageRow[];
  requirements: Requirement[];
}

/** The size of some rows. */
export interface Size {
  rows: number;
  bytes: number;
}

export const isFull = ({ rows, bytes }: Size): boolean => bytes >= FLUSH_BYTES || rows >= FLUSH_ROWS;

/**
 * Makes the rows of a session of its lines, in their order, and holds them until they are taken. Each method answers what
 * is wrong, or null. Once one has answered that something is wrong, the session cannot be imported.
 */
export class SessionRows {
  readonly draft: PortableSession;
  readonly #principal: Principal;
  #held: HeldRows = noRows();
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
  /** The ids of the requirements that are open, as their lines have them. */
  readonly open: string[] = [];
  #counts = NO_ROWS;
  #nextRunIndex = 0;
  #completedRuns = 0;
  #chatMessages = 0;

  constructor(draft: PortableSession, principal: Principal) {
    this.draft = draft;
    this.#principal = principal;
  }

  get userId(): Owner | null {
    return importedOwner(this.#principal, this.draft.userId);
  }

  /** How much is held. */
  get size(): Size {
    const { runs, messages, requirements } = this.#held;
    return { rows: runs.length + messages.length + requirements.length, bytes: this.#bytes };
  }

  /** Whether the session's object has to index messages once it shows. */
  get hasMessages(): boolean {
    return this.#counts.messages > 0;
  }

  /** What is held. */
  held(): HeldRows {
    return this.#held;
  }

  /** Forgets what is held, because it is written. */
  written(): void {
    this.#held = noRows();
    this.#bytes = 0;
  }

  run(run: PortableRun): string | null {
    const inTree: TreeRun = { id: run.runId, parentId: run.parentRunId, runIndex: run.runIndex ?? 0, bytes: 0 };
    const problem = this.#misplaced(run, inTree) ?? this.#lacking();
    if (problem !== null) {
      return problem;
    }
    const row = this.#rowOf(run);
    // Behind a top-level run a new tree begins, and this run has no member runs before it.
    const ofMembers = this.#run?.inTree.parentId == null ? undefined : this.#run.told.most;
    const told = new ToldBytes(run, ofMembers);
    this.#run = { row, messages: 0, requirements: 0, told, aside: new ProviderDataBound(run), inTree };
    this.#nextRunIndex = run.runIndex === null ? this.#nextRunIndex : run.runIndex + 1;
    this.#completedRuns += row.parentRunId === null && hasCompleted(row) ? 1 : 0;
    this.#counts = { ...this.#counts, runs: this.#counts.runs + 1 };
    this.#held.runs.push(row);
    return this.#added(row, { growth: run.status === "PAUSED" ? PAUSED_GROWTH_BYTES : 0 });
  }

  /** What is wrong with the run at this place of the session. */
  #misplaced({ runIndex, status, events, memberSlots }: PortableRun, inTree: TreeRun): string | null {
    const hasStarted = this.#run === null || this.#run.row.runIndex !== null;
    if (runIndex !== null && (!hasStarted || runIndex < this.#nextRunIndex)) {
      return "Runs must come in the order of their run_index, and those without one last.";
    }
    if (runIndex === null && status !== "CANCELLED") {
      return `run_index: a run that is ${status} has one.`;
    }
    return logProblem(events ?? [], status) ?? (runIndex === null ? null : this.#trees.add(inTree, memberSlots));
  }

  /** The row of a run that neither waits nor goes on here, and that no idempotency key names. */
  #rowOf(run: PortableRun): RunRow {
    return {
      ...run,
      sessionId: this.draft.sessionId,
      userId: importedOwner(this.#principal, run.userId),
      waiting: false,
      position: 0,
      fence: "",
      claims: null,
      metrics: run.metrics && storedMetrics(run.metrics, ownModel(run)),
      events: run.events === null ? null : run.status === "PAUSED" ? JSON.stringify(run.events) : shortened(run.events),
      idempotencyCaller: "",
      idempotencyUser: "",
      idempotencyAgent: "",
      idempotencyKey: "",
      fieldsDigest: "",
    };
  }

  message(message: PortableMessage): string | null {
    const run = this.#run;
    if (run === null || run.inTree.id !== message.runId || run.row.runIndex === null || run.requirements > 0) {
      return "A message must come behind its run, and before what that waited for.";
    }
    if (message.messageIndex !== run.messages) {
      return `message_index: the run's next message is ${run.messages}.`;
    }
    run.messages += 1;
    const row: MessageRow = { ...run.aside.kept(message), sessionId: this.draft.sessionId, runIndex: run.row.runIndex };
    const isSaid = message.role === "user" || message.role === "assistant";
    this.#chatMessages += isSaid && run.row.parentRunId === null ? 1 : 0;
    this.#counts = { ...this.#counts, messages: this.#counts.messages + 1 };
    this.#held.messages.push(row);
    return this.#added(row, { tell: () => run.told.message(message) });
  }

  requirement(requirement: PortableRequirement): string | null {
    const run = this.#run;
    if (run === null || run.inTree.id !== requirement.runId) {
      return "A requirement must come behind its run.";
    }
    if (requirement.position < run.requirements) {
      return "position: the requirements of a run must come in this order.";
    }
    run.requirements = requirement.position + 1;
    const answeredByOwner = requirement.answeredBy !== null && requirement.answeredBy === this.draft.userId;
    const isOpen = requirement.status === "open";
    const row: Requirement = {
      ...requirement,
      sessionId: this.draft.sessionId,
      userId: this.userId,
      // No person may be asked before the session shows. The statement that shows the session opens these again.
      status: isOpen ? "cancelled" : requirement.status,
      answeredBy: answeredByOwner ? this.userId : requirement.answeredBy,
    };
    if (isOpen && this.open.push(requirement.requirementId) > MAX_OPEN) {
      return `More than ${MAX_OPEN} requirements of the session are open.`;
    }
    this.#counts = { ...this.#counts, requirements: this.#counts.requirements + 1 };
    this.#held.requirements.push(row);
    return this.#added(row, {
      growth: isOpen ? OPEN_GROWTH_BYTES : 0,
      tell: () => run.told.requirement(row),
    });
  }

  /** Whether as many rows came as the session's last line says, and all that they need of each other. */
  end(said: Partial<SessionCounts>): string | null {
    for (const name of ["runs", "messages", "requirements"] as const) {
      if (said[name] !== undefined && said[name] !== this.#counts[name]) {
        return `counts: ${said[name]} ${name} were written out, and ${this.#counts[name]} came.`;
      }
    }
    return this.#lacking();
  }

  /** The session's own row as it shows, once all of its lines have come. Its ids are those of its lines. */
  session(late: LateFields): Session {
    return {
      ...this.draft,
      ...late,
      userId: this.userId,
      hiddenAt: null,
      unindexedFrom: this.#nextRunIndex > 0 ? 0 : null,
      nextRunIndex: this.#nextRunIndex,
      completedRuns: this.#completedRuns,
      chatMessages: this.#chatMessages,
      systemKnown: true,
      fence: "",
    };
  }

  /**
   * What is wrong if input messages of the last run are missing, else null. A run that goes on appends behind them, so all
   * must be there.
   */
  #lacking(): string | null {
    const run = this.#run;
    return run !== null && run.messages < run.row.inputMessages
      ? `input_messages: ${run.row.inputMessages} of the run before it are input, and ${run.messages} came.`
      : null;
  }

  /**
   * `growth` is how much the row may grow later; `tell` counts what the row adds to the run's events, once its size is
   * checked.
   */
  #added(
    row: RunRow | MessageRow | Requirement,
    { growth = 0, tell = () => {} }: { growth?: number; tell?: () => void },
  ): string | null {
    const bytes = storedBytes(row);
    if (bytes > MAX_ROW_BYTES - growth) {
      const takes = `and the database takes ${MAX_ROW_BYTES}`;
      return growth === 0
        ? `It is ${bytes} bytes as a row, ${takes}.`
        : `It is ${bytes} bytes as a row, may grow by ${growth}, ${takes}.`;
    }
    if (this.#run !== null) {
      const { inTree, told } = this.#run;
      tell();
      inTree.bytes += bytes;
      if (inTree.bytes > MAX_RUN_BYTES) return `The run is larger than ${MAX_RUN_BYTES} bytes.`;
      if (told.bytes > MAX_TOLD_BYTES) return `The run's events tell more than ${MAX_TOLD_BYTES} bytes.`;
    }
    this.#bytes += bytes;
    return null;
  }
}

const noRows = (): HeldRows => ({ runs: [], messages: [], requirements: [] });
