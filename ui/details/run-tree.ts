import type { Run } from "../../packages/client/src/index.ts";

/** A run, with the runs that members did for it. */
export interface RunNode {
  run: Run;
  members: RunNode[];
}

/** Runs in the order of running, as trees of the newest first. What a member did for a run that is not there stands for itself. */
export function runTree(runs: readonly Run[]): RunNode[] {
  const nodes = new Map(runs.map((run): [string, RunNode] => [run.run_id, { run, members: [] }]));
  const roots: RunNode[] = [];
  for (const node of nodes.values()) {
    const parent = nodes.get(node.run.parent_run_id);
    (parent === undefined || parent === node ? roots : parent.members).push(node);
  }
  return roots.reverse();
}

/** The runs with the newest ones as they stand now. Where these leave a gap to what is known, they alone are. */
export function withNewest(known: readonly Run[], newest: readonly Run[]): readonly Run[] {
  const at = known.findIndex(({ run_id: id }) => id === newest[0]?.run_id);
  return at < 0 ? newest : [...known.slice(0, at), ...newest];
}

/** The models that a run has asked, as far as anybody is told. */
export function modelsOf({ metrics, events, model_name: name }: Run): string | null {
  const details = metrics?.details as { model?: { id?: string }[] } | undefined;
  const names = new Set(details?.model?.flatMap(({ id }) => id ?? []));
  for (const event of events ?? []) if ("model" in event && event.model !== undefined) names.add(event.model);
  return names.size === 0 ? (name ?? null) : [...names].join(", ");
}
