import type { CountedStatement } from "./workers/count-log.ts";

/** Rows written, by the name of the table or index. */
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
 * Divides the rows that D1 counted by where they were written. A statement's bytecode says which tables and indexes it
 * writes. A partial index gets an entry for some rows only, so the indexes in `partial` get the rows that are left over.
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
    const opcodes = await opcodesOf(db, statement);
    if (opcodes.some(({ opcode }) => opcode === "Program")) {
      // D1 counts the rows that triggers write together with the statement's own, so they cannot be told apart.
      const name = `${tableOf(statement.sql)} with its triggers`;
      written[name] = (written[name] ?? 0) + statement.rowsWritten;
      continue;
    }
    const targets = targetsOf(schema, opcodes);
    const whole = targets.filter((item) => !isPartial(item));
    // In a batch, D1 counts some changes of triggers with the statement after them, so `changes` may be too high.
    const changes = Math.min(statement.changes, Math.floor(statement.rowsWritten / Math.max(1, whole.length)));
    for (const { name } of whole) {
      written[name] = (written[name] ?? 0) + changes;
    }
    const left = statement.rowsWritten - whole.length * changes;
    if (left !== 0) {
      const names = targets.filter((item) => partial.includes(item.name)).map(({ name }) => name);
      const name = names.join(" or ") || "unattributed";
      written[name] = (written[name] ?? 0) + left;
    }
  }
  return written;
}

/** The partial indexes that have a row now. */
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

const isPartial = ({ sql }: SchemaItem) => /^create (unique )?index .* where /is.test(sql ?? "");

async function opcodesOf(db: D1Database, { sql, params }: CountedStatement): Promise<Opcode[]> {
  const { results } = await db
    .prepare(`EXPLAIN ${sql}`)
    .bind(...params)
    .all<Opcode>();
  return results;
}

const tableOf = (sql: string) =>
  /^\s*(?:insert (?:or \w+ )?into|update|delete from) "?(\w+)/i.exec(sql)?.[1] ?? "a table";

function targetsOf(schema: SchemaItem[], opcodes: Opcode[]): SchemaItem[] {
  const pages = new Map(opcodes.filter(({ opcode }) => opcode === "OpenWrite").map(({ p1, p2 }) => [p1, p2]));
  const inserts = opcodes.filter(({ opcode }) => opcode === "Insert" || opcode === "IdxInsert");
  const written = new Set(inserts.map(({ p1 }) => pages.get(p1)));
  return schema.filter(({ rootpage }) => rootpage > 0 && written.has(rootpage));
}
