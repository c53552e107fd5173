import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { Json, JsonObject } from "../../domain/json.ts";

/**
 * What users have used: a row for each start, and each continue, of a top-level run that has a user. Instants are epoch
 * milliseconds. Rows stand in the order of their time, so what is past its time is found by the table's own key.
 */
export const runUsage = sqliteTable(
  "run_usage",
  {
    userId: text("user_id").notNull(),
    startedAt: integer("started_at").notNull(),
    runId: text("run_id").notNull(),
    /** With those of its member runs; 0 until the run has paused or settled. Or of a name or a summary. */
    tokens: integer("tokens").notNull().default(0),
    settled: integer("settled", { mode: "boolean" }).notNull().default(false),
  },
  // One index serves all: what a user has used since midnight, the row of a run, and an erase.
  (table) => [primaryKey({ columns: [table.userId, table.startedAt, table.runId] })],
);

/** Machines that call, each with the digest of its token. A name has more than one row that is not revoked only while it is rotated. */
export const serviceAccounts = sqliteTable(
  "service_accounts",
  {
    accountId: text("account_id").primaryKey(),
    name: text("name").notNull(),
    /** SHA-256 of the token, in hex. The token itself is stored nowhere. */
    tokenHash: text("token_hash").notNull(),
    /** How the token begins, so that people can tell tokens apart. */
    tokenPrefix: text("token_prefix").notNull(),
    scopes: text("scopes", { mode: "json" }).$type<string[]>().notNull(),
    createdAt: integer("created_at").notNull(),
    createdBy: text("created_by"),
    /** Null: never. */
    expiresAt: integer("expires_at"),
    lastUsedAt: integer("last_used_at"),
    revokedAt: integer("revoked_at"),
  },
  (table) => [
    uniqueIndex("service_accounts_token").on(table.tokenHash),
    index("service_accounts_name").on(table.name, table.createdAt),
    index("service_accounts_created").on(table.createdAt, table.accountId),
  ],
);

/** Who did what that others must be able to look up: written before the act is told. Rows are never changed. */
export const audit = sqliteTable(
  "audit",
  {
    auditId: text("audit_id").primaryKey(),
    createdAt: integer("created_at").notNull(),
    actor: text("actor").notNull(),
    action: text("action").notNull(),
    target: text("target"),
    before: text("before", { mode: "json" }).$type<Json>(),
    after: text("after", { mode: "json" }).$type<Json>(),
    metadata: text("metadata", { mode: "json" }).$type<JsonObject>(),
  },
  (table) => [index("audit_created").on(table.createdAt, table.auditId)],
);
