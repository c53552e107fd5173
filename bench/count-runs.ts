import { getJson, timedRun } from "./client.ts";
import type { Platform } from "./platform.ts";
import { seedSessions } from "./seed.ts";
import type { Counted, CountedStatement } from "./workers/count-log.ts";
import { heldPartialIndexes, type Written, writtenBy } from "./written-rows.ts";

/** What one run asked of D1, and of its object's own storage. */
export interface RunCount {
  name: string;
  /** Calls to D1, each a batch or a statement by itself. */
  d1Calls: number;
  readStatements: number;
  writeStatements: number;
  rowsRead: number;
  rowsWritten: number;
  /** Rows written to each table and index. */
  written: Written;
  objectWrites: number;
  objectRowsWritten: number;
  alarms: number;
}

type Scenario = (sessionId: string) => Promise<{ runId: string; held?: string[] }>;

/** Long enough for the object to clear up behind a run whose reader has left. */
const AFTERWARDS_MS = 300;

/** Counts runs of every kind on a Worker that counts (`workers/counted.ts`). */
export async function countRuns({ url, db, evict }: Platform): Promise<RunCount[]> {
  const sessions = await seedSessions(db, "counted", 10, 10);
  const scenarios: [string, Scenario][] = [
    ["warm run", (id) => timedRun(url, id, "every=0")],
    ["cold run", async (id) => evict(id).then(() => timedRun(url, id, "every=0"))],
    ["warm run with one tool call", (id) => timedRun(url, id, "every=0 use=add", "operator")],
    ["run that waited", (id) => waitingRun(url, db, id)],
    ["first run, which starts the session", () => timedRun(url, "counted-new", "every=0")],
  ];
  const counts: RunCount[] = [];
  for (const [name, scenario] of scenarios) {
    const sessionId = sessions.pop() ?? "";
    await timedRun(url, sessionId, "every=0");
    await afterwards();
    await getJson<Counted[]>(`${url}/counted/log`);
    const { runId, held = [] } = await scenario(sessionId);
    await afterwards();
    const log = await getJson<Counted[]>(`${url}/counted/log`);
    const ofRun = log.filter((entry) => isAbout(entry, runId));
    counts.push(await countOf(name, db, ofRun, held));
  }
  return counts;
}

/** A run that came while another was active; which partial indexes held rows while it waited. */
async function waitingRun(url: string, db: D1Database, sessionId: string) {
  const active = timedRun(url, sessionId, "every=20");
  await new Promise((resolve) => setTimeout(resolve, 200));
  const waiting = timedRun(url, sessionId, "every=0");
  await new Promise((resolve) => setTimeout(resolve, 200));
  const held = await heldPartialIndexes(db);
  await active;
  return { ...(await waiting), held };
}

/** Writes name their run; reads, and what names none, are for the run that is counted. */
function isAbout(entry: Counted, runId: string): boolean {
  switch (entry.kind) {
    case "d1":
      return entry.statements.every(isRead) || entry.statements.some(({ params }) => params.includes(runId));
    case "object":
      return entry.params.length === 0 || entry.params.includes(runId);
    case "alarm":
      return true;
  }
}

async function countOf(name: string, db: D1Database, log: Counted[], held: string[]): Promise<RunCount> {
  const calls = log.filter((entry) => entry.kind === "d1");
  const statements = calls.flatMap((call) => call.statements);
  const objectWrites = log.filter((entry) => entry.kind === "object").filter(({ rowsWritten }) => rowsWritten > 0);
  return {
    name,
    d1Calls: calls.length,
    readStatements: statements.filter(isRead).length,
    writeStatements: statements.filter((statement) => !isRead(statement)).length,
    rowsRead: sum(statements.map(({ rowsRead }) => rowsRead)),
    rowsWritten: sum(statements.map(({ rowsWritten }) => rowsWritten)),
    written: await writtenBy(db, statements, held),
    objectWrites: objectWrites.length,
    objectRowsWritten: sum(objectWrites.map(({ rowsWritten }) => rowsWritten)),
    alarms: log.filter(({ kind }) => kind === "alarm").length,
  };
}

const isRead = ({ sql }: CountedStatement) => /^\s*(select|with)\b/i.test(sql);
const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
const afterwards = () => new Promise((resolve) => setTimeout(resolve, AFTERWARDS_MS));
