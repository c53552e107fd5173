/** How often each thing is measured. */
export interface PeerEffort {
  /** Rounds of one run by the length of its session. */
  lengths: number;
  /** Rounds of one client's runs without a pause between deltas, and with 20 ms. More clients take fewer. */
  fast: number;
  slow: number;
  fewest: number;
  /** How many sessions the lists are taken of. */
  listed: number;
  reads: number;
  /** Rounds of renames and changes of state during a run. */
  during: number;
  synced: number;
}

/** About twelve minutes. */
export const FULL: PeerEffort = {
  lengths: 40,
  fast: 24,
  slow: 8,
  fewest: 3,
  listed: 20_000,
  reads: 60,
  during: 5,
  synced: 20,
};

/** About three minutes, for development. */
export const QUICK: PeerEffort = {
  lengths: 6,
  fast: 6,
  slow: 1,
  fewest: 1,
  listed: 2_000,
  reads: 10,
  during: 1,
  synced: 5,
};
