import type { Running } from "./peer.ts";

/** A peer that runs. */
export interface Contender {
  name: string;
  running: Running;
}

export function never(what: string): never {
  throw new Error(`${what} is not there.`);
}
