import { MAX_MEMBER_SLOTS } from "../../domain/limits.ts";

/** A reader of a team's run has all of its tree in memory. */
const MAX_TREE_BYTES = 32 * 1024 * 1024;
/** Teams of a deployment are at most 10 levels deep. */
const MAX_DEPTH = 16;

/** What the checks need of a run; `bytes` grows with its lines. */
export interface TreeRun {
  id: string;
  parentId: string | null;
  runIndex: number;
  bytes: number;
}

/**
 * Checks the run trees of a session as its runs come. Member runs stand right below their top-level run, so they come
 * first.
 */
export class TreeBounds {
  /** The member runs whose top-level run has not come yet. */
  readonly #waiting: TreeRun[] = [];
  #lastTop = -1;

  /** What is wrong with the tree that ends with this run; null if nothing is wrong, or no tree ends here. */
  add(run: TreeRun, memberSlots: number): string | null {
    if (run.parentId === null) {
      return this.#close(run, memberSlots);
    }
    this.#waiting.push(run);
    // No tree has more member runs, so the oldest one belongs to no tree.
    if (this.#waiting.length > MAX_MEMBER_SLOTS) this.#waiting.shift();
    return null;
  }

  #close({ runIndex }: TreeRun, memberSlots: number): string | null {
    const first = runIndex - memberSlots;
    if (first <= this.#lastTop) {
      return "member_slots: they reach into the place of another run.";
    }
    const members = this.#waiting.filter((one) => one.runIndex >= first);
    this.#waiting.length = 0;
    this.#lastTop = runIndex;
    if (members.reduce((sum, { bytes }) => sum + bytes, 0) > MAX_TREE_BYTES) {
      return `Its member runs are larger than ${MAX_TREE_BYTES} bytes together.`;
    }
    const parents = new Map(members.map(({ id, parentId }) => [id, parentId]));
    return members.every(({ id }) => depth(id, parents) <= MAX_DEPTH)
      ? null
      : `Its member runs are nested deeper than ${MAX_DEPTH} levels.`;
  }
}

/** Counts no further than `MAX_DEPTH` + 1: runs that name each other as parents would be counted without end. */
function depth(id: string, parents: ReadonlyMap<string, string | null>): number {
  let levels = 0;
  for (let at: string | null | undefined = id; at != null && levels <= MAX_DEPTH; at = parents.get(at)) levels += 1;
  return levels;
}
