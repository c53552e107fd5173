import { DatabaseSync } from "node:sqlite";
import { ANSWER_DELTAS, QUESTION, type Running } from "./peer.ts";

/** So many copies of a session of one run, which belong to so many users; 0: to nobody in particular. */
export interface Copies {
  template: string;
  prefix: string;
  count: number;
  runs: number;
  users: number;
}

/** Seeds a peer with copies of what it has itself written of one session with one run; `sqlOf` copies its rows. */
export function seedByCopies(
  run: Running["run"],
  file: string,
  sqlOf: (copies: Copies) => string,
): NonNullable<Running["seed"]> {
  return async (prefix, count, messages, users = 0) => {
    const template = `${prefix}-template`;
    await run(template, `${QUESTION} every=0 deltas=${ANSWER_DELTAS}`);
    const db = new DatabaseSync(file, { timeout: 10_000 });
    db.exec(sqlOf({ template, prefix, count, runs: messages / 2, users }));
    db.close();
    return Array.from({ length: count }, (_, nth) => `${prefix}-${nth}`);
  };
}

/** A table of the numbers below a bound, for `WITH RECURSIVE`. */
export const numbers = (name: string, below: number): string =>
  `${name}(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM ${name} WHERE n + 1 < ${below})`;
