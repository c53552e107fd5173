import { type DrizzleD1Database, drizzle } from "drizzle-orm/d1";

/** The database of one owner. The store keeps none: every call is handed the one to use. */
export type Database = DrizzleD1Database;

/** Wraps a D1 binding; opens no connection. Only `db.query` needs the schema, which would be taken apart for each request. */
export function openDatabase(d1: D1Database): Database {
  return drizzle(d1);
}
