/** How often each thing is measured. */
export interface Effort {
  /** How many sessions of each kind are seeded. */
  sessions: number;
  /** How many sessions are talked in, for the bytes that this leaves. */
  talkedSessions: number;
  warmUp: number;
  fast: number;
  slow: number;
  cold: number;
  reads: number;
  paused: number;
  resumed: number;
  forked: number;
  namedSessions: number;
  /** What is put into the search index beside runs, and how many turns of runs are timed beside each. */
  importedSessions: number;
  unindexedMessages: number;
  unindexedSessions: number;
  indexingTurns: number;
  /** How many users the directory has. Each has 100 sessions. */
  directoryUsers: number;
  /** How many messages the exported session has. */
  exportedMessages: number;
  /** What the inbox shows, and how often it is opened, and reads a long answer. */
  inboxSessions: number;
  inboxRuns: number;
  inboxOpened: number;
  inboxStreamed: number;
}

export const FULL: Effort = {
  sessions: 20,
  talkedSessions: 150,
  warmUp: 40,
  fast: 240,
  slow: 30,
  cold: 50,
  reads: 200,
  paused: 120,
  resumed: 12,
  forked: 15,
  namedSessions: 2_000,
  importedSessions: 2_000,
  unindexedMessages: 6_000,
  unindexedSessions: 100,
  indexingTurns: 8,
  directoryUsers: 1_000,
  exportedMessages: 200_000,
  inboxSessions: 5_000,
  inboxRuns: 2_000,
  inboxOpened: 7,
  inboxStreamed: 3,
};

/** Takes less than two minutes. Its numbers are too noisy to be written into the report. */
export const QUICK: Effort = {
  sessions: 5,
  talkedSessions: 30,
  warmUp: 10,
  fast: 25,
  slow: 2,
  cold: 8,
  reads: 25,
  paused: 20,
  resumed: 2,
  forked: 3,
  namedSessions: 100,
  importedSessions: 1_000,
  unindexedMessages: 2_000,
  unindexedSessions: 60,
  indexingTurns: 4,
  directoryUsers: 50,
  exportedMessages: 20_000,
  inboxSessions: 500,
  inboxRuns: 200,
  inboxOpened: 2,
  inboxStreamed: 1,
};
