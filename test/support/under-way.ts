/**
 * What is under way in a Worker that test files share. `setup.ts` asks for it at the end of each file. Work that is
 * left there would run on in the next file, and that file would fail for no fault of its own.
 */

interface Work {
  what: string;
  isOver: () => boolean;
}

let begun: Work[] = [];

/** Counts as under way until `isOver` says so. */
export function trackUntil(what: string, isOver: () => boolean): void {
  begun = [...begun.filter((work) => !work.isOver()), { what, isOver }];
}

/** Counts as under way until the promise settles. */
export function track<T>(what: string, work: Promise<T>): Promise<T> {
  let isOver = false;
  const end = () => {
    isOver = true;
  };
  work.then(end, end);
  trackUntil(what, () => isOver);
  return work;
}

/** Forgets all work. A test that kills objects calls it, because what a dead object waited for never settles. */
export function forgetUnderWay(): void {
  begun = [];
}

/** What is under way now, in words for whoever has to find it. */
export const underWay = (): string[] => begun.filter((work) => !work.isOver()).map(({ what }) => what);
