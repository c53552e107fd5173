import { parseArgs } from "node:util";

/** What a run of the benchmark is asked for. */
export interface Options {
  /** Few rounds, for development: under a minute, too noisy to be written down. */
  quick: boolean;
  /** Written beside the numbers; the bench does not ask the clock what day it is. */
  date: string;
  /** Whether `bench/README.md` is changed. */
  write: boolean;
}

export function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: "boolean", default: false },
      date: { type: "string", default: "undated" },
      "no-write": { type: "boolean", default: false },
    },
  });
  return { quick: values.quick, date: values.date, write: !values.quick && !values["no-write"] };
}
