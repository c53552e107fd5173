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
  objectRowsWritten: number;
  alarms: number;
}

/** Counts that are shown side by side, with the aims for the first one. */
export interface CountTable {
  title: string;
  counts: Count[];
  aims: Partial<Record<"d1Calls" | "readStatements" | "rowsWritten", string>>;
}

/**
 * One thing that is counted. Calls that it makes before `forget` do not count. It returns the ids that its writes have as
 * parameters, and which partial indexes held its rows (`written-rows.ts`).
 */
export type Scenario = (sessionId: string, forget: () => Promise<unknown>) => Promise<Found>;
interface Found {
  ids: string[];
  held?: string[];
}

/** How long to wait for the object to clean up after a run whose reader has left. */
const AFTERWARDS_MS = 300;

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
    const { ids, held = [] } = await scenario(sessionId, taken);
    const log = (await taken()).filter((entry) => isAbout(entry, ids));
    counts.push(await countOf(name, db, log, held));
  }
  return counts;
}

/**
 * Whether a call belongs to the scenario with these ids. A write belongs to it if it has one of them as a parameter. Reads,
 * alarms, and the object's statements without parameters always belong to it.
 */
function isAbout(entry: Counted, ids: string[]): boolean {
  const names = (params: unknown[]) => ids.some((id) => params.includes(id));
  switch (entry.kind) {
    case "d1":
      return entry.statements.every(isRead) || entry.statements.some(({ params }) => names(params));
    case "object":
      return entry.params.length === 0 || names(entry.params);
    case "alarm":
      return true;
  }
}

async function countOf(name: string, db: D1Database, log: Counted[], held: string[]): Promise<Count> {
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
