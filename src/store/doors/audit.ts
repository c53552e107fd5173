import { desc, inArray, lt, type SQL, sql } from "drizzle-orm";
import type { AuditAction, AuditEntry } from "../../domain/audit.ts";
import type { Statement } from "../commit.ts";
import { decodeCursor, encodeCursor } from "../cursor.ts";
import type { Database } from "../database.ts";
import { insertNew } from "../insert-rows.ts";
import { audit } from "../schema/tables.ts";

/** Where in the audit: the instant and the id of a row. */
export interface AuditPlace {
  createdAt: number;
  auditId: string;
}

/** Writes an act down if the condition holds when the batch gets to it. Repeatable. */
export function auditStatement(db: Database, entry: AuditEntry, condition: SQL = sql`true`): Statement {
  const [statement] = insertNew(db, audit, [entry], condition);
  if (statement === undefined) throw new Error("One row is one statement.");
  return statement;
}

/** Acts, newest first, behind a place. */
export async function listAudit(
  db: Database,
  { limit, behind }: { limit: number; behind: AuditPlace | null },
): Promise<{ entries: AuditEntry[]; nextCursor: string | null }> {
  const rows = await db
    .select()
    .from(audit)
    .where(
      behind === null
        ? undefined
        : sql`(${audit.createdAt}, ${audit.auditId}) < (${behind.createdAt}, ${behind.auditId})`,
    )
    .orderBy(desc(audit.createdAt), desc(audit.auditId))
    .limit(limit + 1);
  const entries = rows.slice(0, limit).map((row) => ({ ...row, action: row.action as AuditAction }));
  const last = entries.at(-1);
  const isMore = rows.length > limit && last !== undefined;
  return { entries, nextCursor: isMore ? encodeCursor([last.createdAt, last.auditId]) : null };
}

/** Reads a cursor of `listAudit`; null for any other text. */
export function decodeAuditCursor(cursor: string): AuditPlace | null {
  const [createdAt, auditId, ...rest] = decodeCursor(cursor) ?? [];
  const isOne = typeof createdAt === "number" && typeof auditId === "string" && rest.length === 0;
  return isOne ? { createdAt, auditId } : null;
}

/** Removes some of the acts from before an instant, the oldest ones. */
export function removeAuditStatement(db: Database, before: number, limit: number): Statement {
  const oldest = db
    .select({ auditId: audit.auditId })
    .from(audit)
    .where(lt(audit.createdAt, before))
    .orderBy(audit.createdAt)
    .limit(limit);
  return db.delete(audit).where(inArray(audit.auditId, oldest));
}
