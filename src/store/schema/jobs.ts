import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { ItemOutcome, ItemStatus, JobKind, JobParams, JobStatus } from "../../domain/job.ts";
import type { Owner } from "../../domain/owner.ts";

/** Work over many sessions. The row and its items are the truth; a Queue message only says where to look. */
export const jobs = sqliteTable(
  "jobs",
  {
    jobId: text("job_id").primaryKey(),
    kind: text("kind").$type<JobKind>().notNull(),
    /** Whose sessions it may touch; null for everybody's. */
    userId: text("user_id").$type<Owner>(),
    params: text("params", { mode: "json" }).$type<JobParams>().notNull(),
    status: text("status").$type<JobStatus>().notNull(),
    stopReason: text("stop_reason"),
    total: integer("total").notNull(),
    succeeded: integer("succeeded").notNull().default(0),
    fallback: integer("fallback").notNull().default(0),
    skipped: integer("skipped").notNull().default(0),
    failed: integer("failed").notNull().default(0),
    promptTokens: integer("prompt_tokens").notNull().default(0),
    completionTokens: integer("completion_tokens").notNull().default(0),
    idempotencyCaller: text("idempotency_caller").notNull().default(""),
    idempotencyUser: text("idempotency_user").notNull().default(""),
    idempotencyKey: text("idempotency_key").notNull().default(""),
    fieldsDigest: text("fields_digest").notNull().default(""),
    createdAt: integer("created_at").notNull(),
    startedAt: integer("started_at"),
    endedAt: integer("ended_at"),
    sweptAt: integer("swept_at").notNull(),
  },
  (table) => [
    index("jobs_status").on(table.status, table.sweptAt),
    index("jobs_user").on(table.userId, table.jobId),
    uniqueIndex("jobs_idempotency")
      .on(table.idempotencyCaller, table.idempotencyUser, table.kind, table.idempotencyKey)
      .where(sql`"idempotency_key" <> ''`),
  ],
);

/** One row per session that a job is about. */
export const jobItems = sqliteTable(
  "job_items",
  {
    jobId: text("job_id").notNull(),
    position: integer("position").notNull(),
    sessionId: text("session_id").notNull(),
    status: text("status").$type<ItemStatus>().notNull(),
    outcome: text("outcome").$type<ItemOutcome>(),
    /** Why it was skipped or failed. */
    reason: text("reason"),
    /** What the model's provider said, if its words are the reason. */
    error: text("error"),
    attempts: integer("attempts").notNull().default(0),
    promptTokens: integer("prompt_tokens").notNull().default(0),
    completionTokens: integer("completion_tokens").notNull().default(0),
    touchedAt: integer("touched_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.jobId, table.position] }),
    index("job_items_open").on(table.jobId, table.position).where(sql`"status" <> 'done'`),
    index("job_items_session").on(table.sessionId),
  ],
);
