import { readFile, writeFile } from "node:fs/promises";
import type { RunCount } from "./count-runs.ts";
import type { Section } from "./section.ts";

/** Everything that one run of the benchmark found. */
export interface Report {
  command: string;
  date: string;
  machine: Record<string, string | number>;
  minutes: number;
  sections: Section[];
  counts: RunCount[];
}

const BEGIN = "<!-- numbers: written by npm run bench -->";
const END = "<!-- end of numbers -->";

/** Puts the report between the markers of the file; the prose around stays. */
export async function writeReport(file: string, report: Report): Promise<void> {
  const text = await readFile(file, "utf8");
  const [before, after] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (before === -1 || after < before) throw new Error(`${file} has no place for the numbers.`);
  await writeFile(file, `${text.slice(0, before + BEGIN.length)}\n\n${markdown(report)}\n${text.slice(after)}`);
}

export function markdown({ command, date, machine, minutes, sections, counts }: Report): string {
  const facts = Object.entries(machine).map(([name, value]) => `${name} ${value}`);
  const head = `\`${command}\`, ${date}, ${minutes.toFixed(1)} minutes; ${facts.join(", ")}.\n`;
  return [head, ...sections.map(sectionTable), countTable(counts), writtenTable(counts)].join("\n");
}

function sectionTable({ title, columns, rows, samples }: Section): string {
  const hasAim = rows.some(({ aim }) => aim !== "");
  const head = ["", ...columns.flatMap((column) => [`${column}, ms`, "×"]), ...(hasAim ? ["aim"] : [])];
  const body = rows.map(({ name, ms, ratios, aim }) => [
    name,
    ...ms.flatMap((value, column) => [number(value), number(ratios[column])]),
    ...(hasAim ? [aim] : []),
  ]);
  return `### ${title}\n\nMedians of ${samples}.\n\n${table(head, body)}`;
}

function countTable(counts: RunCount[]): string {
  const lines: [string, (count: RunCount) => number, string][] = [
    ["D1 calls (batches)", (count) => count.d1Calls, "2"],
    ["D1 statements that read", (count) => count.readStatements, "0"],
    ["D1 statements that write", (count) => count.writeStatements, ""],
    ["D1 rows read", (count) => count.rowsRead, ""],
    ["D1 rows written", (count) => count.rowsWritten, "≤ 16"],
    ["writes to the object's own SQLite", (count) => count.objectWrites, ""],
    ["rows they wrote", (count) => count.objectRowsWritten, ""],
    ["alarms set", (count) => count.alarms, ""],
  ];
  const head = ["", ...counts.map(({ name }) => name), "aim, warm run"];
  const body = lines.map(([name, read, aim]) => [name, ...counts.map((count) => String(read(count))), aim]);
  return `### What a run asks of storage\n\nCounted, not estimated.\n\n${table(head, body)}`;
}

function writtenTable(counts: RunCount[]): string {
  const targets = [...new Set(counts.flatMap(({ written }) => Object.keys(written)))].sort();
  const head = ["table or index", ...counts.map(({ name }) => name)];
  const body = targets.map((target) => [
    `\`${target}\``,
    ...counts.map(({ written }) => String(written[target] ?? "")),
  ]);
  return `### D1 rows written, by table and index\n\n${table(head, body)}`;
}

function table(head: string[], body: string[][]): string {
  const rule = head.map((_, column) => (column === 0 ? "---" : "--:"));
  return `${[head, rule, ...body].map((cells) => `| ${cells.join(" | ")} |`).join("\n")}\n`;
}

function number(value: number | undefined): string {
  if (value === undefined) return "";
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
