/** A server for agents' sessions that is measured beside others. */
export interface Peer {
  name: string;
  /** What it is, with its version and how it is set up. */
  about: string;
  /** What it stores, and how safely: what a reader has to know before comparing. */
  unlike: string;
  /** Starts it with an empty store. It asks the model at this URL; `names` has it name new sessions. */
  start(modelUrl: string, names?: boolean): Promise<Running>;
}

/** Those methods that a server has no way of doing are left out, and their cells stay empty. */
export interface Running {
  pid: number;
  /** From the start of its process until it answers. */
  readyMs: number;
  /** Reads a run's stream to its end. Throws unless it has completed. */
  run(session: string, message: string): Promise<Streamed>;
  stop(): Promise<void>;
  /** Makes `count` sessions with so many messages each, without the server. Sessions take turns at belonging to so many users. */
  seed?(prefix: string, count: number, messages: number, users?: number): Promise<string[]>;
  /** These answer how many items came. */
  listOfUser?(user: string): Promise<number>;
  listOfAll?(): Promise<number>;
  newestMessages?(session: string): Promise<number>;
  rename?(session: string, name: string): Promise<void>;
  changeState?(session: string, state: Record<string, unknown>): Promise<void>;
  look?(session: string): Promise<Kept>;
}

export interface Streamed {
  firstMs: number;
  totalMs: number;
}

/** What a server has kept of a session. */
export interface Kept {
  runs: number;
  name: string | null;
  state: Record<string, unknown>;
}

/** A seeded conversation has this in each of its runs, whoever stores it. */
export const QUESTION = "What did we say about the plan for the second week, and who was to write it down?";
/** As many deltas of 20 characters as a seeded answer of the product is long. */
export const ANSWER_DELTAS = 17;

export const userOf = (nth: number, users: number): string => `user-${nth % users}`;
