import { MAX_MEMBER_SLOTS } from "../../domain/limits.ts";

/** Whoever reads a team's run holds all of its tree. */
const MAX_TREE_BYTES = 32 * 1024 * 1024;
/** Teams of a deployment are 10 levels deep at most. */
const MAX_DEPTH = 16;

/** A run as far as its tree goes; `bytes` grows with its lines. */
export interface TreeRun {
  id: string;
  parentId: string | null;
  runIndex: number;
  bytes: number;
}

/** The trees of a session's runs, as these come: member runs stand right below their top-level run. */
export class TreeBounds {
  /** The member runs whose top-level run has not come. */
  readonly #waiting: TreeRun[] = [];
  #lastTop = -1;

  /** What is wrong with the tree that ends with this run; null when nothing is, or it does not end here. */
  add(run: TreeRun, memberSlots: number): string | null {
    if (run.parentId === null) {
      return this.#close(run, memberSlots);
    }
    this.#waiting.push(run);
    // No top-level run has more places.
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

/** Runs that are in each other are without end: no further than it matters is counted. */
function depth(id: string, parents: ReadonlyMap<string, string | null>): number {
  let levels = 0;
  for (let at: string | null | undefined = id; at != null && levels <= MAX_DEPTH; at = parents.get(at)) levels += 1;
  return levels;
}
