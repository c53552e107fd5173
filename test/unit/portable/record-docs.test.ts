import { expect, it } from "vitest";
import { messageRecord, requirementRecord, runRecord } from "../../../src/portable/record/run-record.ts";
import { sessionEndRecord, sessionRecord } from "../../../src/portable/record/session-record.ts";

const docs = import.meta.glob<string>("../../../docs/importing.md", { query: "?raw", import: "default", eager: true });
const [text = ""] = Object.values(docs);

const FORMATS = [sessionRecord, runRecord, messageRecord, requirementRecord, sessionEndRecord];

/** The first cells of the table about a kind of line. */
function fieldsIn(type: string): string[] {
  const [, behind = ""] = text.split(`\n### \`${type}\`\n`);
  const [section = ""] = behind.split("\n#");
  const cells = [...section.matchAll(/^\| (.*?) \| /gm)].map(([, cell = ""]) => cell);
  return cells.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name));
}

it.each(FORMATS)("docs/importing.md has each field of a $type line, and no other", ({ type, names }) => {
  expect(fieldsIn(type).toSorted()).toEqual([...names].toSorted());
});

it.each(FORMATS)("docs/importing.md marks the fields that a $type line must have", ({ type, names, read }) => {
  const [, behind = ""] = text.split(`\n### \`${type}\`\n`);
  const [section = ""] = behind.split("\n#");
  const marked = [...section.matchAll(/\*\*`(\w+)`\*\*/g)].map(([, name = ""]) => name);
  // A line without all of its fields names the first that it must have; one with a wrong value is told of that value.
  const line: Record<string, unknown> = {};
  const needed: string[] = [];
  for (let problem = read(line); !problem.ok; problem = read(line)) {
    const [name = ""] = problem.problem.split(/[:.]/);
    if (!names.has(name)) throw new Error(problem.problem);
    if (!needed.includes(name)) needed.push(name);
    line[name] = VALUES.shift(name);
  }
  expect(needed.toSorted()).toEqual(marked.toSorted());
});

/** Tries one value after the other for a field. */
const VALUES = {
  tried: new Map<string, number>(),
  shift(name: string): unknown {
    const nth = this.tried.get(name) ?? 0;
    this.tried.set(name, nth + 1);
    const values = ["x", 0, [], {}, "agent", "listed", "COMPLETED", "user", "confirmation", "open", "reject"];
    if (nth >= values.length) this.tried.set(name, 0);
    return values[nth % values.length];
  },
};
