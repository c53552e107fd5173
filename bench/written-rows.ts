import type { CountedStatement } from "./workers/count-log.ts";

/** Rows written to each table and index, by name. */
export type Written = Record<string, number>;

interface SchemaItem {
  name: string;
  rootpage: number;
  tbl_name: string;
  sql: string | null;
}

interface Opcode {
  opcode: string;
  p1: number;
  p2: number;
}

/**
 * Parts the rows that D1 counted by where they went. Which tables and indexes a statement writes to is read from its
 * bytecode; an index on a part of a table (`partial`) is written to only for some rows, so it gets what is left over.
 */
export async function writtenBy(
  db: D1Database,
  statements: readonly CountedStatement[],
  partial: readonly string[],
): Promise<Written> {
  const schema = await schemaItems(db);
  const written: Written = {};
  for (const statement of statements) {
    if (statement.rowsWritten === 0) continue;
    const targets = await targetsOf(db, schema, statement);
    const whole = targets.filter((item) => !isPartial(item));
    for (const { name } of whole) {
      written[name] = (written[name] ?? 0) + statement.changes;
    }
    const left = statement.rowsWritten - whole.length * statement.changes;
    if (left !== 0) {
      const names = targets.filter((item) => partial.includes(item.name)).map(({ name }) => name);
      const name = names.join(" or ") || "unattributed";
      written[name] = (written[name] ?? 0) + left;
    }
  }
  return written;
}

/** The partial indexes that hold a row now. */
export async function heldPartialIndexes(db: D1Database): Promise<string[]> {
  const held: string[] = [];
  for (const item of (await schemaItems(db)).filter(isPartial)) {
    const condition = item.sql?.slice(item.sql.search(/ where /i)) ?? "";
    const row = await db.prepare(`SELECT 1 FROM "${item.tbl_name}"${condition} LIMIT 1`).first();
    if (row !== null) held.push(item.name);
  }
  return held;
}

async function schemaItems(db: D1Database): Promise<SchemaItem[]> {
  const { results } = await db.prepare("SELECT name, rootpage, tbl_name, sql FROM sqlite_master").all<SchemaItem>();
  return results;
}

const isPartial = ({ sql }: SchemaItem) => / where /i.test(sql ?? "");

async function targetsOf(db: D1Database, schema: SchemaItem[], { sql, params }: CountedStatement) {
  const { results } = await db
    .prepare(`EXPLAIN ${sql}`)
    .bind(...params)
    .all<Opcode>();
  const pages = new Map(results.filter(({ opcode }) => opcode === "OpenWrite").map(({ p1, p2 }) => [p1, p2]));
  const inserts = results.filter(({ opcode }) => opcode === "Insert" || opcode === "IdxInsert");
  const written = new Set(inserts.map(({ p1 }) => pages.get(p1)));
  return schema.filter(({ rootpage }) => rootpage > 0 && written.has(rootpage));
}
