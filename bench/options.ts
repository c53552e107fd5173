import { parseArgs } from "node:util";
import { GROUPS, type Group } from "./groups.ts";

/** What the caller of the benchmark asks for. */
export interface Options {
  /** Takes few samples. The numbers are good for development and too noisy to be written into the report. */
  quick: boolean;
  /** The date that the report shows. The bench does not read it from the clock. */
  date: string;
  /** Whether to write `bench/README.md`. */
  write: boolean;
  /** The parts to run; null for all. */
  only: Group[] | null;
  /** Whether to show where the isolate's time goes. No other part runs then, but those of `only`. */
  profile: boolean;
}

export function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: "boolean", default: false },
      date: { type: "string", default: "undated" },
      "no-write": { type: "boolean", default: false },
      only: { type: "string" },
      profile: { type: "boolean", default: false },
    },
  });
  const { quick, date, profile } = values;
  const only = values.only?.split(",").map(groupOf) ?? (profile ? [] : null);
  return { quick, date, write: !quick && !values["no-write"], only, profile };
}

function groupOf(name: string): Group {
  const group = GROUPS.find((one) => one === name);
  if (group === undefined) throw new Error(`There is no part "${name}"; there are ${GROUPS.join(", ")}.`);
  return group;
}
