import { runTree } from "../engine/stored-run.ts";
import type { StoredTree } from "../store/run-tree.ts";
import { LiveRun } from "./live-run.ts";

/**
 * A stored run as its readers know runs: all of it can be seen, and it is over for them. `untilEntry` cuts off what it
 * told after that many entries of its log.
 */
export function storedLive(tree: StoredTree, untilEntry?: number): LiveRun {
  const live = new LiveRun(tree.row, tree.row.createdAt);
  live.input = tree.messages.slice(0, tree.row.inputMessages);
  live.publish(runTree(tree, tree.members, tree.requirements));
  live.published = untilEntry ?? live.published;
  live.finish();
  return live;
}
