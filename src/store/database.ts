import { type DrizzleD1Database, drizzle } from "drizzle-orm/d1";

/** A database. The store keeps none: every call is handed the one to use. */
export type Database = DrizzleD1Database & { $client: D1Database };

/**
 * Wraps a D1 binding; opens no connection. It is given no schema: only `db.query` needs one, and Drizzle would read it
 * for each request.
 */
export function openDatabase(d1: D1Database): Database {
  return drizzle(d1);
}
