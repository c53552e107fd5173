import { callJson } from "./client.ts";
import type { Platform } from "./platform.ts";
import type { Counted, CountedStatement } from "./workers/count-log.ts";
import { type Written, writtenBy } from "./written-rows.ts";

/** What one scenario asked of D1, and of its object's own storage. */
export interface Count {
  name: string;
  /** Calls to D1. A batch is one call, and so is a statement by itself. */
  d1Calls: number;
  readStatements: number;
  writeStatements: number;
  rowsRead: number;
  rowsWritten: number;
  /** Rows written, by table and index. */
  written: Written;
  objectWrites: number;
  /** Those that deletes wrote count too. */
  objectRowsWritten: number;
  objectRowsDeleted: number;
  /** How often the object's alarm was set, how often it was taken away, and how often it went off. */
  alarms: number;
  alarmsUnset: number;
  wakes: number;
  /** How often all of the object's storage was emptied at once. */
  emptied: number;
}

/** Counts that are shown side by side, with the aims for the first one. */
export interface CountTable {
  title: string;
  counts: Count[];
  aims: Partial<Record<Exclude<keyof Count, "name" | "written">, string>>;
}

/**
 * One thing that is counted. Calls that it makes before `forget` do not count. It returns the ids that its writes have as
 * parameters, and which partial indexes held its rows (`written-rows.ts`).
 */
export type Scenario = (sessionId: string, forget: () => Promise<unknown>) => Promise<Found>;
interface Found {
  ids: string[];
  /** Other sessions whose objects are counted. */
  sessions?: string[];
  held?: string[];
}

/** How long to wait for the object to clean up after a run whose reader has left. */
const AFTERWARDS_MS = 500;

/** Counts each scenario once, in its session. It needs the Worker that counts (`workers/counted.ts`). */
export async function countScenarios(
  { url, db }: Platform,
  scenarios: readonly [name: string, sessionId: string, Scenario][],
): Promise<Count[]> {
  const taken = async () => {
    await new Promise((resolve) => setTimeout(resolve, AFTERWARDS_MS));
    return callJson<Counted[]>(`${url}/counted/log`);
  };
  const counts: Count[] = [];
  for (const [name, sessionId, scenario] of scenarios) {
    await taken();
    const { ids, sessions = [], held = [] } = await scenario(sessionId, taken);
    const log = (await taken()).filter((entry) => isAbout(entry, ids, [sessionId, ...sessions, ...ids]));
    counts.push(await countOf(name, db, log, held));
  }
  return counts;
}

/**
 * Whether what was counted belongs to a scenario. A write to D1 belongs to it if it has one of these ids as a parameter, and
 * what an object did if the object is of one of these sessions. Reads always belong to it.
 */
function isAbout(entry: Counted, ids: string[], sessions: string[]): boolean {
  if (entry.kind !== "d1") return sessions.includes(entry.object);
  const names = (params: unknown[]) => ids.some((id) => params.includes(id));
  return entry.statements.every(isRead) || entry.statements.some(({ params }) => names(params));
}

async function countOf(name: string, db: D1Database, log: Counted[], held: string[]): Promise<Count> {
  const calls = log.filter((entry) => entry.kind === "d1");
  const statements = calls.flatMap((call) => call.statements);
  const objectWrites = log.filter((entry) => entry.kind === "object").filter(({ rowsWritten }) => rowsWritten > 0);
  const deletes = objectWrites.filter(({ sql }) => /^delete\b/i.test(sql));
  const times = (kind: Counted["kind"]) => log.filter((entry) => entry.kind === kind).length;
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
    objectRowsDeleted: sum(deletes.map(({ rowsWritten }) => rowsWritten)),
    alarms: times("alarm"),
    alarmsUnset: times("unset_alarm"),
    wakes: times("wake"),
    emptied: times("emptied"),
  };
}

const isRead = ({ sql }: CountedStatement) => /^\s*(select|with)\b/i.test(sql);
const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
