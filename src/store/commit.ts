import type { BatchItem } from "drizzle-orm/batch";
import { withTimeout } from "../lib/abort.ts";
import type { Database } from "./database.ts";

export type Statement = BatchItem<"sqlite">;

/**
 * What became of a batch. `refused`: D1 said no because of what the batch holds, and wrote nothing of it. `unknown`: D1
 * was away or did not answer, so the batch may be written, now or later.
 */
export type Committed =
  | { kind: "written"; changed: number[] }
  | { kind: "refused"; constraint: string }
  | { kind: "unknown" };

const ATTEMPT_TIMEOUT_MS = 8_000;
const RETRY_DELAYS_MS = [50, 250];

/**
 * Writes the statements as one transaction. The batch must be repeatable: it is sent again while D1 does not say what
 * became of it. `changed` holds how many rows each statement changed, including those that triggers changed. Does not
 * throw.
 */
export async function commit(db: Database, statements: readonly [Statement, ...Statement[]]): Promise<Committed> {
  for (let attempt = 0; ; attempt++) {
    try {
      const timeout = () => new Error("D1 did not answer in time");
      const results = await withTimeout(db.batch(statements), ATTEMPT_TIMEOUT_MS, timeout);
      return { kind: "written", changed: results.map(changedRows) };
    } catch (error) {
      const refusal = refusedFor(error);
      if (refusal !== null) {
        return { kind: "refused", constraint: refusal };
      }
      const delayMs = RETRY_DELAYS_MS[attempt];
      if (delayMs === undefined) {
        return { kind: "unknown" };
      }
      await new Promise((resolve) => setTimeout(resolve, delayMs));
    }
  }
}

/** Waits for a read of D1; null if D1 is away or does not answer in time. */
export async function readOrNull<T>(read: Promise<T>): Promise<{ value: T } | null> {
  try {
    return { value: await withTimeout(read, ATTEMPT_TIMEOUT_MS, () => new Error("D1 did not answer in time")) };
  } catch {
    return null;
  }
}

function changedRows(result: unknown): number {
  const meta = (result as { meta?: { changes?: number } } | null)?.meta;
  return meta?.changes ?? 0;
}

/**
 * Errors that SQLite would answer again if the batch were sent again. Only the part that matches is kept (which
 * constraint failed, of which columns, or what else was wrong), because it is logged and the rest of the message may
 * quote a value.
 */
const REFUSALS =
  /(?:unique|check|foreign key|not null|primary key)? ?constraint failed(?:: [\w.]+(?:, [\w.]+)*)?|SQLITE_(?:CONSTRAINT|TOOBIG|MISMATCH|ERROR|RANGE)|too big|too large|too many SQL/i;

function refusedFor(error: unknown): string | null {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    // Drizzle's own message repeats the statement and its parameters; D1's message is in its cause.
    const [refusal] = cause.message.startsWith("Failed query") ? [] : (REFUSALS.exec(cause.message) ?? []);
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
