import { randomUUID } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { timedRun } from "./client.ts";
import type { Effort } from "./effort.ts";
import type { Platform } from "./platform.ts";
import type { Section } from "./section.ts";
import { textOf } from "./words.ts";

const RUNS_PER_SESSION = 5;
const MESSAGE_BYTES = 600;
/** The pause between two tokens. An answer takes some seconds, and its log has an entry for each. */
const EVERY_MS = 30;
const SESSIONS_AT_ONCE = 30;
/** What takes less than this a run is one row of the table. */
const MIN_BYTES = 50;

/**
 * Measures what a run leaves in D1: two messages of 600 bytes, in sessions of five runs without a user that go on side by
 * side.
 */
export async function measureBytes({ url, databaseFile }: Platform, effort: Effort): Promise<Section> {
  const file = await databaseFile();
  const before = sizesIn(file);
  const runs = await talk(url, effort.talkedSessions);
  const sizes = sizesIn(file).map((size) => {
    const known = before.find(({ name }) => name === size.name);
    return { name: size.name, bytes: (size.bytes - (known?.bytes ?? 0)) / runs, full: size.used / size.bytes };
  });
  const largest = sizes.filter(({ bytes }) => bytes >= MIN_BYTES).toSorted((a, b) => b.bytes - a.bytes);
  const sum = (some: typeof sizes) => some.reduce((all, { bytes }) => all + bytes, 0);
  const row = (name: string, bytes: number, full: number, aim = "") => ({ name, ms: [bytes, full], ratios: [], aim });
  return {
    title: "Bytes in D1 a run, two messages of 600 bytes, sessions of five runs",
    unit: "",
    columns: ["bytes", "% of its pages full"],
    samples: runs,
    rows: [
      row("all", sum(sizes), Number.NaN, "≤ 7,200"),
      ...largest.map(({ name, bytes, full }) => row(`\`${name}\``, bytes, 100 * full)),
      row("all others", sum(sizes) - sum(largest), Number.NaN),
    ],
  };
}

/** Has this many conversations, some at a time, run by run. Answers how many runs there were. */
async function talk(url: string, sessions: number): Promise<number> {
  let asked = 0;
  for (let first = 0; first < sessions; first += SESSIONS_AT_ONCE) {
    const ids = Array.from({ length: Math.min(SESSIONS_AT_ONCE, sessions - first) }, () => randomUUID());
    for (let nth = 0; nth < RUNS_PER_SESSION; nth++) {
      await Promise.all(
        ids.map((sessionId) => {
          asked += 1;
          const how = ` every=${EVERY_MS} text=${MESSAGE_BYTES} nth=${asked}`;
          return timedRun(url, sessionId, `${textOf(-asked, MESSAGE_BYTES - how.length)}${how}`);
        }),
      );
    }
  }
  return asked;
}

interface Size {
  name: string;
  /** The bytes of its pages, and how many of them are in use. */
  bytes: number;
  used: number;
}

/** What the tables and indexes of a database file take. D1 itself does not tell. */
function sizesIn(file: string): Size[] {
  const database = new DatabaseSync(file, { readOnly: true });
  const sql = "SELECT name, sum(pgsize) AS bytes, sum(pgsize - unused) AS used FROM dbstat GROUP BY name";
  const sizes = database.prepare(sql).all() as unknown as Size[];
  database.close();
  return sizes;
}
