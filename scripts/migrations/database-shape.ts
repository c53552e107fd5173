import { DatabaseSync } from "node:sqlite";

/**
 * The shape of the database that these statements make, one fact per line. How it was made does not matter: a column that
 * was added later counts like one that was there from the beginning. Full-text tables, triggers and views are left out:
 * the schema in TypeScript cannot declare them, so migrations may make them besides.
 */
export function databaseShape(sql: string): Set<string> {
  const db = new DatabaseSync(":memory:");
  try {
    db.exec(sql);
    return new Set(tablesOf(db).flatMap((table) => [...tableFacts(db, table), ...indexFacts(db, table.name)]));
  } finally {
    db.close();
  }
}

/** How two shapes differ: what the second lacks of the first, and what it has besides. */
export function differences(wanted: ReadonlySet<string>, actual: ReadonlySet<string>): string[] {
  const missing = [...wanted].filter((fact) => !actual.has(fact)).map((fact) => `lacks ${fact}`);
  const extra = [...actual].filter((fact) => !wanted.has(fact)).map((fact) => `has   ${fact}`);
  return [...missing, ...extra];
}

interface Table {
  name: string;
  isStrict: boolean;
  isWithoutRowId: boolean;
}

function tablesOf(db: DatabaseSync): Table[] {
  return db
    .prepare("PRAGMA main.table_list")
    .all()
    .filter(({ type, name }) => type === "table" && !String(name).startsWith("sqlite_"))
    .map(({ name, strict, wr }) => ({ name: String(name), isStrict: strict === 1, isWithoutRowId: wr === 1 }));
}

function tableFacts(db: DatabaseSync, { name, isStrict, isWithoutRowId }: Table): string[] {
  const options = `${isStrict ? " STRICT" : ""}${isWithoutRowId ? " WITHOUT ROWID" : ""}`;
  const columns = rows(db, "pragma_table_xinfo", name).map(
    (column) =>
      `column ${name}.${column.name} ${column.type}${column.notnull === 1 ? " NOT NULL" : ""}` +
      `${column.dflt_value === null ? "" : ` DEFAULT ${column.dflt_value}`}` +
      `${column.pk === 0 ? "" : ` PRIMARY KEY ${column.pk}`}${column.hidden === 0 ? "" : ` GENERATED ${column.hidden}`}`,
  );
  const references = rows(db, "pragma_foreign_key_list", name).map(
    (key) =>
      `foreign key ${name}.${key.from} → ${key.table}.${key.to} ON UPDATE ${key.on_update} ON DELETE ${key.on_delete}`,
  );
  const checks = [...textOf(db, name).matchAll(/\bCHECK\s*\(.*/gi)].map(
    (match) => `check ${name} ${oneLine(match[0])}`,
  );
  return [`table ${name}${options}`, ...columns, ...references, ...checks];
}

function indexFacts(db: DatabaseSync, table: string): string[] {
  return rows(db, "pragma_index_list", table)
    .filter(({ origin }) => origin === "c")
    .map(({ name }) => `index ${oneLine(textOf(db, String(name)))}`);
}

const rows = (db: DatabaseSync, pragma: string, name: string) => db.prepare(`SELECT * FROM ${pragma}(?)`).all(name);

function textOf(db: DatabaseSync, name: string): string {
  return String(db.prepare("SELECT sql FROM sqlite_master WHERE name = ?").get(name)?.sql ?? "");
}

const oneLine = (sql: string) => sql.replace(/[`"]/g, "").replace(/\s+/g, " ").replace(/,\s*$/, "").trim();
