import { readFile, writeFile } from "node:fs/promises";
import type { Count, CountTable } from "./count.ts";
import type { Section } from "./section.ts";

/** All that one run of the benchmark found. */
export interface Report {
  command: string;
  date: string;
  machine: Record<string, string | number>;
  minutes: number;
  sections: Section[];
  counts: CountTable[];
}

const BEGIN = "<!-- numbers: written by npm run bench -->";
const END = "<!-- end of numbers -->";

/**
 * Writes the report between the markers of the file, and leaves the prose around them. A report of some parts replaces the
 * tables of those parts, and each of these tables says where it is from. The other tables stay.
 */
export async function writeReport(file: string, report: Report, isWhole: boolean): Promise<void> {
  const text = await readFile(file, "utf8");
  const [before, after] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (before === -1 || after < before) throw new Error(`${file} has no place for the numbers.`);
  const numbers = isWhole ? markdown(report) : merged(text.slice(before + BEGIN.length, after), report);
  await writeFile(file, `${text.slice(0, before + BEGIN.length)}\n\n${numbers.trim()}\n\n${text.slice(after)}`);
}

export function markdown(report: Report): string {
  return [`${origin(report)}\n`, ...tables(report, "").values()].join("\n");
}

function origin({ command, date, machine, minutes }: Report): string {
  const facts = Object.entries(machine).map(([name, value]) => `${name} ${value}`);
  return `\`${command}\`, ${date}, ${minutes.toFixed(1)} minutes; ${facts.join(", ")}.`;
}

/** The tables of a report, by their titles. */
function tables({ sections, counts }: Report, note: string): Map<string, string> {
  const timed = sections.map((one) => ({ title: one.title, text: `Medians of ${one.samples}.`, body: timeTable(one) }));
  const counted = counts.flatMap((one) => [
    { title: one.title, text: "Counted, not estimated.", body: countTable(one) },
    { title: `${one.title}: rows written, by table and index`, text: "", body: writtenTable(one.counts) },
  ]);
  return new Map(
    [...timed, ...counted].map(({ title, text, body }) => {
      const said = [text, note].filter((part) => part !== "").join(" ");
      return [title, `### ${title}\n\n${said === "" ? "" : `${said}\n\n`}${body}`];
    }),
  );
}

function merged(old: string, report: Report): string {
  const [head = "", ...blocks] = old.trim().split(/^(?=### )/m);
  const known = new Map(blocks.map((block) => [block.slice(4, block.indexOf("\n")), `${block.trim()}\n`]));
  for (const [title, block] of tables(report, origin(report))) known.set(title, block);
  return [head.trim(), "", ...known.values()].join("\n");
}

function timeTable({ columns, rows, unit = ", ms" }: Section): string {
  const hasAim = rows.some(({ aim }) => aim !== "");
  const hasRatios = rows.some(({ ratios }) => ratios.length > 0);
  const head = [
    "",
    ...columns.flatMap((column) => [`${column}${unit}`, ...(hasRatios ? ["×"] : [])]),
    ...(hasAim ? ["aim"] : []),
  ];
  const body = rows.map(({ name, ms, ratios, aim }) => [
    name,
    ...ms.flatMap((value, column) => [number(value), ...(hasRatios ? [number(ratios[column])] : [])]),
    ...(hasAim ? [aim] : []),
  ]);
  return table(head, body);
}

const COUNTED: [string, Exclude<keyof Count, "name" | "written">][] = [
  ["D1 calls (batches)", "d1Calls"],
  ["D1 statements that read", "readStatements"],
  ["D1 statements that write", "writeStatements"],
  ["D1 rows read", "rowsRead"],
  ["D1 rows written", "rowsWritten"],
  ["writes to the object's own SQLite", "objectWrites"],
  ["rows they wrote, deletes counted", "objectRowsWritten"],
  ["of them deletes", "objectRowsDeleted"],
  ["alarms set", "alarms"],
  ["alarms taken away", "alarmsUnset"],
  ["times its storage was emptied", "emptied"],
  ["times its alarm woke it", "wakes"],
];

function countTable({ counts, aims }: CountTable): string {
  const aimOf: Record<string, string | undefined> = aims;
  const hasAim = Object.keys(aims).length > 0;
  const aim = hasAim ? [`aim, ${counts[0]?.name}`] : [];
  const head = ["", ...counts.map(({ name }) => name), ...aim];
  const body = COUNTED.map(([name, key]) => [
    name,
    ...counts.map((count) => count[key].toLocaleString("en")),
    ...(hasAim ? [aimOf[key] ?? ""] : []),
  ]);
  return table(head, body);
}

function writtenTable(counts: Count[]): string {
  const targets = [...new Set(counts.flatMap(({ written }) => Object.keys(written)))].sort();
  const head = ["table or index", ...counts.map(({ name }) => name)];
  const body = targets.map((target) => [
    `\`${target}\``,
    ...counts.map(({ written }) => written[target]?.toLocaleString("en") ?? ""),
  ]);
  return table(head, body);
}

function table(head: string[], body: string[][]): string {
  const rule = head.map((_, column) => (column === 0 ? "---" : "--:"));
  return `${[head, rule, ...body].map((cells) => `| ${cells.join(" | ")} |`).join("\n")}\n`;
}

function number(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return "";
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
