/**
 * Makes D1 fail on purpose, for the Worker and for the objects alike: it stands before the prototypes of the binding, so
 * whatever is sent passes here and is written down with what D1 said it cost.
 *
 * @example
 * const d1 = watchD1(); // once per file; every test starts with a D1 that works
 *
 * d1.failWrites(); d1.failReads(); d1.heal(); // D1 is away for writes, for reads, and is back
 * d1.next(settles(session_id), unanswered()); // that session's next settle is written, but its answer is lost
 * d1.next(accepts(session_id), refused("string or blob too big: SQLITE_TOOBIG"), 3);
 *
 * const point = gate();
 * d1.next(settles(session_id), heldAfter(point)); // written; the code waits for the answer until the gate opens
 *
 * const late = lateArrival();
 * d1.next(accepts(session_id), late.fault); // the code is told that nothing came of it …
 * await late.arrive(); // … and then it is written after all
 */
import { env } from "cloudflare:workers";
import { afterEach, vi } from "vitest";
import { type Gate, until } from "./scripted-model.ts";
import { track } from "./under-way.ts";

export interface SentStatement {
  sql: string;
  params: unknown[];
  /** As D1 counted them; 0 until it answered. */
  rowsRead: number;
  rowsWritten: number;
}

/** A batch, or a statement sent alone. */
export interface Operation {
  isBatch: boolean;
  isRead: boolean;
  statements: SentStatement[];
}

export type Which = (operation: Operation) => boolean;
/** What happens instead of sending; `send` does send. */
export type Fault = (send: () => Promise<unknown>, operation: Operation) => Promise<unknown>;

export interface WatchedD1 {
  /** Everything sent since the test began, or since `forget`. */
  operations: Operation[];
  forget(): void;
  /** What was sent for a session. */
  of(sessionId: string): Operation[];
  failReads(): void;
  failWrites(): void;
  /** The next `times` operations of the kind meet the fault, in order with other faults of that kind. */
  next(which: Which, fault: Fault, times?: number): void;
  /** Every operation of the kind meets the fault until D1 heals. */
  always(which: Which, fault: Fault): void;
  heal(): void;
}

const names = (operation: Operation, sessionId: string) =>
  operation.statements.some(({ params }) => params.includes(sessionId));

/** A batch of the session with a statement like this. */
const batchWith =
  (like: RegExp) =>
  (sessionId: string): Which =>
  (operation) =>
    operation.isBatch && operation.statements.some(({ sql }) => like.test(sql)) && names(operation, sessionId);

export const accepts = batchWith(/^insert into "runs"/);
/** A run that has waited is started. */
export const starts = batchWith(/^update "runs" set .*"started_at" = \?.* where/);
export const settles = batchWith(/^update "runs" set .*"settled_at" = \?.* where/);
export const withdraws = batchWith(/^delete from "runs" where "runs"."run_id"/);
export const deletes = batchWith(/^delete from "runs" where .*"session_id"/);
/** A person, or time, answers what a run waits for. */
export const answers = batchWith(
  /^update "requirements" set .*"answered_at" = \? where \("requirements"."requirement_id" = /,
);
/** Answers are taken back; named by the run. */
export const takesBack = batchWith(
  /^update "runs" set .*"fence" = \? where .*\("runs"."fence" = \? or "runs"."fence" = \?\)\)$/,
);
/** A paused run goes on, with the member runs that are paused in it. */
export const continues = batchWith(
  /^update "runs" set "waiting" = \?, "status" = \?, "fence" = \? where .* from "sessions"/,
);
/** A run whose start anew was not confirmed waits again; named by the run. */
export const waitsAgain = batchWith(
  /^update "runs" set "waiting" = \?, "status" = \?, "fence" = \? where \("runs"."run_id" = \? and \("runs"."status" = \? and "runs"."fence" = \?\)\)$/,
);
/** A run pauses with new requirements. */
export const pauses = batchWith(/^insert into "requirements"/);
/** A change of the row by a caller: a name, a state, tags with their labels. */
export const patches =
  (sessionId: string): Which =>
  (operation) =>
    operation.isBatch &&
    operation.statements[0]?.sql.startsWith('update "sessions"') === true &&
    operation.statements.slice(1).every(({ sql }) => sql.includes('"session_labels"')) &&
    names(operation, sessionId);
export const reads =
  (sessionId: string): Which =>
  (operation) =>
    operation.isRead && names(operation, sessionId);

const connectionLost = () => new Error("D1_ERROR: Network connection lost.");

/** Fails before it is sent. */
export const unsent = (): Fault => () => Promise.reject(connectionLost());
/** Is written, and its answer is lost. */
export const unanswered = (): Fault => async (send) => {
  await send();
  throw connectionLost();
};
/** D1 says no because of what is in it. */
export const refused =
  (message = "string or blob too big: SQLITE_TOOBIG"): Fault =>
  () =>
    Promise.reject(new Error(`D1_ERROR: ${message}`));
export const heldBefore =
  (point: Gate): Fault =>
  async (send) => {
    await stay(point);
    return send();
  };
export const heldAfter =
  (point: Gate): Fault =>
  async (send) => {
    const answer = await send();
    await stay(point);
    return answer;
  };
/** Is held, then fails without having been sent. */
export const heldUnsent =
  (point: Gate): Fault =>
  async () => {
    await stay(point);
    throw connectionLost();
  };
/** Is held, then written, and its answer is lost. */
export const heldUnanswered =
  (point: Gate): Fault =>
  async (send) => {
    await stay(point);
    await send();
    throw connectionLost();
  };

/** A batch that the network keeps: its sender gives it up, and D1 gets it when the test says so. */
export function lateArrival(): { fault: Fault; arrive(): Promise<unknown>; kept: Operation[] } {
  const kept: Operation[] = [];
  return {
    kept,
    fault: (_send, operation) => {
      kept.push(operation);
      return Promise.reject(connectionLost());
    },
    // Sent from the test's own context: the sender's may be dead.
    arrive: async () => {
      for (const { statements } of kept) {
        await env.DB.batch(statements.map(({ sql, params }) => env.DB.prepare(sql).bind(...params)));
      }
    },
  };
}

let test = 0;

/** Polls, for the reason given in `model-connection.ts`. */
async function stay(point: Gate): Promise<void> {
  const arrivedIn = test;
  point.arrivals += 1;
  await until(() => point.released || test !== arrivedIn, "the gate", Number.POSITIVE_INFINITY);
}

interface Planned {
  which: Which;
  fault: Fault;
  times: number;
}

type Method = (this: unknown, ...args: unknown[]) => Promise<unknown>;

/** Stands before D1 for a test file. */
export function watchD1(): WatchedD1 {
  let planned: Planned[] = [];
  const d1: WatchedD1 = {
    operations: [],
    forget: () => {
      d1.operations = [];
    },
    of: (sessionId) => d1.operations.filter((operation) => names(operation, sessionId)),
    failReads: () => d1.always((operation) => operation.isRead, unsent()),
    failWrites: () => d1.always((operation) => !operation.isRead, unsent()),
    next: (which, fault, times = 1) => void planned.push({ which, fault, times }),
    always: (which, fault) => void planned.push({ which, fault, times: Number.POSITIVE_INFINITY }),
    heal: () => {
      planned = [];
    },
  };

  const pass = (operation: Operation, send: () => Promise<unknown>): Promise<unknown> => {
    d1.operations.push(operation);
    const counted = async () => {
      const answer = await send();
      count(operation, answer);
      return answer;
    };
    const plan = planned.find(({ which, times }) => times > 0 && which(operation));
    if (plan === undefined) return counted();
    plan.times -= 1;
    return track(
      `an operation of D1 that a fault holds: ${operation.statements[0]?.sql.slice(0, 100)}`,
      plan.fault(counted, operation),
    );
  };

  const database = Object.getPrototypeOf(env.DB) as Record<"batch", Method>;
  const { batch } = database;
  vi.spyOn(database, "batch").mockImplementation(function (this: unknown, ...args) {
    const statements = (args[0] as SentByCode[]).map(sent);
    return pass(operationOf(statements, true), () => batch.apply(this, args));
  });
  const statement = Object.getPrototypeOf(env.DB.prepare("select 1")) as Record<(typeof ALONE)[number], Method>;
  for (const method of ALONE) {
    const real = statement[method];
    vi.spyOn(statement, method).mockImplementation(function (this: unknown, ...args) {
      return pass(operationOf([sent(this as SentByCode)], false), () => real.apply(this, args));
    });
  }

  afterEach(() => {
    test += 1;
    d1.heal();
    d1.forget();
  });
  return d1;
}

const ALONE = ["all", "raw", "run", "first"] as const;

/** What a prepared statement holds. */
interface SentByCode {
  statement: string;
  params: unknown[];
}

const sent = ({ statement, params }: SentByCode): SentStatement => ({
  sql: statement,
  params,
  rowsRead: 0,
  rowsWritten: 0,
});

function operationOf(statements: SentStatement[], isBatch: boolean): Operation {
  return { isBatch, isRead: statements.every(({ sql }) => /^\s*select/i.test(sql)), statements };
}

function count({ statements }: Operation, answer: unknown): void {
  const results = Array.isArray(answer) ? answer : [answer];
  statements.forEach((statement, nth) => {
    const meta = (results[nth] as { meta?: D1Meta } | null)?.meta;
    statement.rowsRead = meta?.rows_read ?? 0;
    statement.rowsWritten = meta?.rows_written ?? 0;
  });
}
