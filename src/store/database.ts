import { type DrizzleD1Database, drizzle } from "drizzle-orm/d1";
import * as schema from "./schema.ts";

/** The database of one owner. The store keeps none: every call is handed the one to use. */
export type Database = DrizzleD1Database<typeof schema>;

/** Wraps a D1 binding; opens no connection. */
export function openDatabase(d1: D1Database): Database {
  return drizzle(d1, { schema });
}
