import { runAtPause } from "../../engine/run/at-pause.ts";
import { runTree } from "../../engine/run/stored-run.ts";
import type { StoredTree } from "../../store/runs/stored-tree.ts";
import { LiveRun } from "../drive/live-run.ts";

/**
 * A stored run as its readers know runs: all of it can be seen, and it is over for them. `untilEntry` shows it as
 * it was when its log had that many entries, the last of them a pause or its end.
 */
export function storedLive(tree: StoredTree, untilEntry?: number): LiveRun {
  const live = new LiveRun(tree.row, tree.row.createdAt);
  live.input = tree.messages.slice(0, tree.row.inputMessages);
  const run = runTree(tree, tree.members, tree.requirements);
  live.publish(untilEntry === undefined ? run : runAtPause(run, untilEntry));
  live.finish();
  return live;
}
