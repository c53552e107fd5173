import type { Run } from "../../packages/client/src/index.ts";
import type { RunView } from "./run-view.ts";

/**
 * The rows of a page that make up whole runs. Member runs stand before their team's run, so of the first run in a page that is
 * a team's some may be missing: that run, and what stands before it, is for the next page. None, if the page has no more.
 */
export function wholeRuns(rows: readonly Run[]): Run[] {
  const first = rows.findIndex(({ parent_run_id: parent }) => parent === "");
  if (first < 0) return [];
  return rows.slice(rows[first]?.team_id ? first + 1 : first);
}

/** Whether the run is this one, or has it as a member's run. */
export function hasRun({ runId, parts }: RunView, wanted: string): boolean {
  return (
    runId === wanted ||
    parts.some((part) => part.kind === "call" && part.call.members.some((member) => hasRun(member, wanted)))
  );
}

/** Whether another run answers the same in place of this one. It does from its beginning, unless it fails or is stopped. */
export function isAnsweredAgain(
  runs: readonly Pick<RunView, "runId" | "status" | "regeneratedFrom">[],
  nth: number,
): boolean {
  const run = runs[nth];
  if (run === undefined) return false;
  if (run.status === "REGENERATED") return true;
  return runs.some(
    ({ regeneratedFrom, status }) => regeneratedFrom === run.runId && status !== "ERROR" && status !== "CANCELLED",
  );
}
