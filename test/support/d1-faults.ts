/**
 * Makes D1 fail on purpose, for the Worker and for the objects alike. It stands before the methods of the binding's
 * prototypes, so all that is sent to D1 passes here. Each operation is written down with the rows that D1 counted. Tests with it
 * stand in `test/faults/`, in the folder of `src/session/` that they try; `test/faults/lane/database-away.test.ts` shows how.
 *
 * @example
 * const d1 = watchD1(); // once per file; every test starts with a D1 that works
 *
 * d1.failWrites(); d1.failReads(); d1.heal(); // D1 is away for writes, for reads, and is back
 * d1.fill(); // D1 has no room for more, until it heals
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

/** A batch, or a statement that was sent alone. */
export interface Operation {
  isBatch: boolean;
  isRead: boolean;
  statements: SentStatement[];
}

export type Which = (operation: Operation) => boolean;
/** What happens when the operation is to be sent. It is sent only if the fault calls `send`. */
export type Fault = (send: () => Promise<unknown>, operation: Operation) => Promise<unknown>;

export interface WatchedD1 {
  /** Everything sent since the test began, or since `forget`. */
  operations: Operation[];
  forget(): void;
  /** What was sent for a session. */
  of(sessionId: string): Operation[];
  failReads(): void;
  failWrites(): void;
  /** The database is full: what would add to it fails in D1's words, and what is read or removed works. */
  fill(): void;
  /** The next `times` operations of the kind meet the fault, in order with other faults of that kind. */
  next(which: Which, fault: Fault, times?: number): void;
  /** Every operation of the kind meets the fault until D1 heals. */
  always(which: Which, fault: Fault): void;
  heal(): void;
}

const names = (operation: Operation, sessionId: string) =>
  operation.statements.some(({ params }) => params.includes(sessionId));

/** Finds batches that name this id, of a session or a run, and have a statement like this. */
const batchWith =
  (like: RegExp) =>
  (sessionId: string): Which =>
  (operation) =>
    operation.isBatch && operation.statements.some(({ sql }) => like.test(sql)) && names(operation, sessionId);

export const accepts = batchWith(/^insert into "runs"/);
/** The batch that starts a waiting run. */
export const starts = batchWith(/^update "runs" set .*"started_at" = \?.* where/);
export const settles = batchWith(/^update "runs" set .*"settled_at" = \?.* where/);
export const withdraws = batchWith(/^delete from "runs" where "runs"."run_id"/);
export const deletes = batchWith(/^delete from "runs" where .*"session_id"/);
/** The batch with which a person, or expiry, answers what a run waits for. */
export const answers = batchWith(
  /^update "requirements" set .*"answered_at" = \? where \("requirements"."requirement_id" = /,
);
/** The batch that takes answers back. It names no session: give the id of the run. */
export const takesBack = batchWith(
  /^update "runs" set .*"fence" = \? where .*\("runs"."fence" = \? or "runs"."fence" = \?\)\)$/,
);
/** The batch that continues a paused run, with the member runs in it that are paused. */
export const continues = batchWith(
  /^update "runs" set "waiting" = \?, "status" = \?, "fence" = \? where .* from "sessions"/,
);
/** The batch that lets a run wait again whose start was not confirmed. It names no session: give the id of the run. */
export const waitsAgain = batchWith(
  /^update "runs" set "waiting" = \?, "status" = \?, "fence" = \? where \("runs"."run_id" = \? and \("runs"."status" = \? and "runs"."fence" = \?\)\)$/,
);
/** The batch that pauses a run with new requirements. */
export const pauses = batchWith(/^insert into "requirements"/);
/** The batch with which a caller changes a session's row: its name, its state, its tags with their labels. */
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

/** D1 never gets the operation, and it fails. */
export const unsent = (): Fault => () => Promise.reject(connectionLost());
/** D1 writes the operation, but its answer is lost. */
export const unanswered = (): Fault => async (send) => {
  await send();
  throw connectionLost();
};
/** D1 refuses the operation because of what it holds. */
export const refused =
  (message = "string or blob too big: SQLITE_TOOBIG"): Fault =>
  () =>
    Promise.reject(new Error(`D1_ERROR: ${message}`));
/**
 * What finds no room in a full database, as SQLite was seen to answer where no page is free: what adds rows, and what moves a
 * session in its indexes, unless the batch removes something as well. Updates of runs and requirements mostly stay in their pages.
 */
const grows: Which = ({ statements }) =>
  statements.some(({ sql }) => /^(insert into|update "sessions")/.test(sql)) &&
  !statements.some(({ sql }) => /^delete from "(?!session_labels)/.test(sql));
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
/** The operation is held, and then fails: D1 never gets it. */
export const heldUnsent =
  (point: Gate): Fault =>
  async () => {
    await stay(point);
    throw connectionLost();
  };
/** The operation is held and then written, but its answer is lost. */
export const heldUnanswered =
  (point: Gate): Fault =>
  async (send) => {
    await stay(point);
    await send();
    throw connectionLost();
  };

/** A batch that the network delays. Its sender is told that it failed, and D1 gets it when the test says so. */
export function lateArrival(): { fault: Fault; arrive(): Promise<unknown>; kept: Operation[] } {
  const kept: Operation[] = [];
  return {
    kept,
    fault: (_send, operation) => {
      kept.push(operation);
      return Promise.reject(connectionLost());
    },
    // The test's own I/O context sends it, because the object that sent it first may be dead.
    arrive: async () => {
      for (const { statements } of kept) {
        await env.DB.batch(statements.map(({ sql, params }) => env.DB.prepare(sql).bind(...params)));
      }
    },
  };
}

let test = 0;

/** Holds until the gate opens or the test ends. It polls, for the reason that `until` gives. */
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

/** Stands before D1 while a test file runs. */
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
    fill: () => d1.always(grows, refused("Exceeded maximum DB size")),
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

  notesCountsOfRaw();
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

/** The parts of a prepared statement that are read here. */
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

/** By the parameters of a statement: what D1 counted for it. `raw`, by which Drizzle reads, answers rows alone. */
const counts = new WeakMap<object, D1Meta>();

/** All methods of a statement send it by this one of their session, which is told what D1 counted. */
function notesCountsOfRaw(): void {
  const { dbSession } = env.DB.prepare("select 1") as unknown as { dbSession: object };
  const session = Object.getPrototypeOf(Object.getPrototypeOf(dbSession)) as Record<"_sendOrThrow", Method>;
  const { _sendOrThrow: send } = session;
  vi.spyOn(session, "_sendOrThrow").mockImplementation(async function (this: unknown, ...args) {
    const answer = await send.apply(this, args);
    const [result] = [answer].flat() as { meta?: D1Meta }[];
    const params = args[2];
    if (result?.meta !== undefined && Array.isArray(params)) counts.set(params, result.meta);
    return answer;
  });
}

function count({ statements }: Operation, answer: unknown): void {
  const results = Array.isArray(answer) ? answer : [answer];
  statements.forEach((statement, nth) => {
    const meta = (results[nth] as { meta?: D1Meta } | null)?.meta ?? counts.get(statement.params);
    statement.rowsRead = meta?.rows_read ?? 0;
    statement.rowsWritten = meta?.rows_written ?? 0;
  });
}
