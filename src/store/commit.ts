import type { BatchItem } from "drizzle-orm/batch";
import { databaseFull, databaseUnavailable, type Failure } from "../domain/error.ts";
import { sleep, withTimeout } from "../lib/abort.ts";
import { saysFull } from "../lib/database-full.ts";
import type { Database } from "./database.ts";

export type Statement = BatchItem<"sqlite">;

/**
 * What became of a batch. `refused`: D1 said no because of what the batch holds, and wrote nothing of it. `full`: the database has
 * no room for it; D1 wrote nothing of it and has nothing of it on the way, so there is nothing to take back. `unknown`: D1
 * was away or did not answer, so the batch may be written, now or later.
 */
export type Committed =
  | { kind: "written"; changed: number[]; databaseBytes: number | null }
  | { kind: "refused"; constraint: string }
  | { kind: "full" }
  | { kind: "unknown" };

export type NotWritten = Exclude<Committed, { kind: "written" }>;

const ATTEMPT_TIMEOUT_MS = 8_000;
const RETRY_DELAYS_MS = [50, 250];

/**
 * Writes the statements as one transaction. The batch must be repeatable: it is sent again while D1 does not say what
 * became of it. `changed` holds how many rows each statement changed, including those that triggers changed, and
 * `databaseBytes` how large the database is then, if D1 says so. Does not throw.
 */
export async function commit(db: Database, statements: readonly [Statement, ...Statement[]]): Promise<Committed> {
  for (let attempt = 0; ; attempt++) {
    try {
      const timeout = () => new Error("D1 did not answer in time");
      const results = await withTimeout(db.batch(statements), ATTEMPT_TIMEOUT_MS, timeout);
      const databaseBytes = metaOf(results.at(-1))?.size_after ?? null;
      return { kind: "written", changed: results.map((result) => metaOf(result)?.changes ?? 0), databaseBytes };
    } catch (error) {
      // An earlier attempt that D1 did not answer may be on its way still, and finds room later: then nobody knows.
      if (attempt === 0 && saysFull(error)) {
        return { kind: "full" };
      }
      const refusal = refusedFor(error);
      if (refusal !== null) {
        return { kind: "refused", constraint: refusal };
      }
      const delayMs = RETRY_DELAYS_MS[attempt];
      if (delayMs === undefined) {
        return { kind: "unknown" };
      }
      await sleep(delayMs);
    }
  }
}

/** What a caller is told whose write D1 did not take, where the reason can only be that D1 is full or away. */
export function whyNotWritten({ kind }: NotWritten): Failure {
  return kind === "full" ? databaseFull() : databaseUnavailable();
}

/** Waits for a read of D1; null if D1 is away or does not answer in time. */
export async function readOrNull<T>(read: Promise<T>): Promise<{ value: T } | null> {
  try {
    return { value: await withTimeout(read, ATTEMPT_TIMEOUT_MS, () => new Error("D1 did not answer in time")) };
  } catch {
    return null;
  }
}

function metaOf(result: unknown): { changes?: number; size_after?: number } | undefined {
  return (result as { meta?: { changes?: number; size_after?: number } } | null)?.meta;
}

/**
 * Errors that SQLite would answer again if the batch were sent again. Only the part that matches is kept (which
 * constraint failed, of which columns, or what else was wrong), because it is logged and the rest of the message may
 * quote a value.
 */
const REFUSALS =
  /(?:unique|check|foreign key|not null|primary key)? ?constraint failed(?:: [\w.]+(?:, [\w.]+)*)?|SQLITE_(?:CONSTRAINT|TOOBIG|MISMATCH|ERROR|RANGE)|too big|too large|too many SQL/i;

/** A deployment that was not migrated. What it cannot store is not wrong, and is stored once its columns are there. */
const NOT_MIGRATED = /no such (?:table|column)|has no column named/i;

function refusedFor(error: unknown): string | null {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    // Drizzle's own message repeats the statement and its parameters; D1's message is in its cause.
    if (cause.message.startsWith("Failed query")) continue;
    if (NOT_MIGRATED.test(cause.message)) return null;
    const [refusal] = REFUSALS.exec(cause.message) ?? [];
    if (refusal !== undefined) {
      return refusal;
    }
  }
  return null;
}

/** Whether D1 refused the batch because of this unique index. */
export function violates(committed: Committed, columns: "idempotency_key" | "run_index"): boolean {
  return committed.kind === "refused" && committed.constraint.includes(`runs.${columns}`);
}
