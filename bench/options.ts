import { parseArgs } from "node:util";
import { GROUPS, type Group } from "./groups.ts";

/** What a run of the benchmark is asked for. */
export interface Options {
  /** Few rounds, for development: too noisy to be written down. */
  quick: boolean;
  /** Written beside the numbers; the bench does not ask the clock what day it is. */
  date: string;
  /** Whether `bench/README.md` is changed. */
  write: boolean;
  /** The parts that are run; null for all. */
  only: Group[] | null;
}

export function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: "boolean", default: false },
      date: { type: "string", default: "undated" },
      "no-write": { type: "boolean", default: false },
      only: { type: "string" },
    },
  });
  const only = values.only?.split(",").map(groupOf) ?? null;
  return { quick: values.quick, date: values.date, write: !values.quick && !values["no-write"], only };
}

function groupOf(name: string): Group {
  const group = GROUPS.find((one) => one === name);
  if (group === undefined) throw new Error(`There is no part "${name}"; there are ${GROUPS.join(", ")}.`);
  return group;
}
