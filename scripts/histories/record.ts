import type { Operation } from "./operations.ts";

// What was seen of one session: by clients, by the scripted model, and by a reader between two kills. The checks know
// nothing else. Times are ticks of one clock, so what happens later has the higher number.

/**
 * An outcome is `unknown` if the server was killed or answered with a 5xx. The operation may or may not have happened, until
 * the session is read after the restart.
 */
export type Outcome = "acknowledged" | "refused" | "unknown";

/** An event of a run as a client got it, without the fields that differ each time. */
export interface SeenEvent {
  index: number;
  event: string;
  /** The event's content as JSON; "" if it has none. */
  content: string;
}

/** A session's fields as one answer showed them. */
export interface Snapshot {
  etag: string;
  version: number;
  cells: Cells;
}

/** What callers can change of a session, each as JSON text: `name`, `state.a`, `tag.red`, … */
export type Cells = Record<string, string>;

/**
 * A change of cells. First all cells go whose names begin with one of `clears`. Then those of `sets` get their value, or go
 * if it is null.
 */
export interface Write {
  clears: string[];
  sets: Record<string, string | null>;
}

/** The end or the pause of a run, as an answer told it. */
export interface ToldRun {
  status: string;
  content: string;
  /** False if the server said that D1 does not have the run's end yet. */
  persisted: boolean;
}

export type Verdict = "confirmed" | "rejected" | "filled" | "executed";

/** An answer that a client gave to a requirement. */
export interface GivenAnswer {
  requirementId: string;
  verdict: Verdict;
  /** The text that a person filled in, or what the tool printed. */
  value: string;
}

/** One operation, and what came of it. */
export interface Act {
  epoch: number;
  /** Which client performed it: a number from 0, or after the restart a name such as `wake` or `probe`. */
  client: string;
  operation: Operation;
  invokedAt: number;
  /** When the client learned that the operation was accepted; null if it never did. */
  acceptedAt: number | null;
  endedAt: number;
  outcome: Outcome;
  /** The HTTP status; 0 if no answer came. */
  status: number;
  /** Why the operation was refused, or why its outcome is unknown. */
  detail: string;
  /** Whether the server was still up when the operation ended. */
  isServerUp: boolean;
  /** The run that the operation made or named. */
  runId: string | null;
  told: ToldRun | null;
  events: SeenEvent[];
  snapshot: Snapshot | null;
  ifMatch: string | null;
  write: Write | null;
  answers: GivenAnswer[];
  /** The session that a fork made. */
  forkId: string | null;
  /** What a search or a list found, amid other operations: ids of runs or of sessions. */
  found: string[] | null;
}

/** An operation that has begun. Nothing has come of it yet. */
export function begunAct(begun: Pick<Act, "epoch" | "client" | "operation" | "invokedAt">): Act {
  return {
    ...begun,
    acceptedAt: null,
    endedAt: Number.POSITIVE_INFINITY,
    outcome: "unknown",
    status: 0,
    detail: "",
    isServerUp: true,
    runId: null,
    told: null,
    events: [],
    snapshot: null,
    ifMatch: null,
    write: null,
    answers: [],
    forkId: null,
    found: null,
  };
}

/** A request that the model got. */
export interface Asked {
  token: string;
  startedAt: number;
  /** Infinity until the answer has ended. */
  endedAt: number;
  prompt: PromptMessage[];
  /**
   * How the answer ended: complete (`whole`), with a planned `fault`, or because the server went away (`left`). `open` until
   * then.
   */
  end: "whole" | "fault" | "left" | "open";
  /** The text of the answer. */
  text: string;
}

/** A message, in the form in which the model gets it. What a session shows is brought into the same form. */
export interface PromptMessage {
  role: string;
  content: string;
  calls: { id: string; name: string; arguments: string }[];
  /** The call whose result this is; null for a message that is no tool's. */
  callId: string | null;
}

export interface ReadRun {
  runId: string;
  parentRunId: string;
  status: string;
  input: string;
  content: string;
  /** Empty until the run has started. */
  messages: PromptMessage[];
  /** The names of the run's events, in order. A tool's event also has the call's id: `ToolCallStarted call-1`. */
  events: string[];
  /** The older run that this one regenerates, branches from or is a copy of; null if there is none. */
  from: { runId: string; how: "regenerated" | "branched" | "copied"; messages: number } | null;
}

export interface ReadRequirement {
  id: string;
  runId: string;
  callId: string;
  tool: string;
  status: string;
  note: string | null;
  answer: Verdict | null;
}

/** The counts of a session that lists show. */
export interface ListedCounts {
  runs: number;
  messages: number;
  openRequirements: number;
}

/** A place in the session's history: run id and message index. */
export type Place = string;

/** All of a session, read when nothing goes on in it. */
export interface SessionReading {
  sessionId: string;
  snapshot: Snapshot;
  runs: ReadRun[];
  requirements: ReadRequirement[];
  /** The counts in the list's item, and in the session's own detail. */
  listed: ListedCounts;
  detailed: ListedCounts;
  listedSnapshot: Cells;
  /** Where the search finds the word that all messages have in common. */
  found: Place[];
  /** Where the search finds some tokens, each by itself. */
  foundTokens: Record<string, Place[]>;
}

export interface Reading extends SessionReading {
  epoch: number;
  /** When nothing of before could happen any more, and when the reading was done. */
  startedAt: number;
  endedAt: number;
  forks: SessionReading[];
  /** The ids of the sessions that the list of the user shows, and the count that it tells. */
  userSessions: string[];
  userCount: number;
  /** For each tag that was looked up, whether the list of its sessions shows this one. */
  byTag: Record<string, boolean>;
}

/** All that was seen of one session since its beginning. */
export interface SessionRecord {
  sessionId: string;
  userId: string;
  acts: Act[];
  asked: Asked[];
  readings: Reading[];
}

/** Something that breaks a promise of the product. */
export interface Finding {
  /** The name of the rule that it breaks. */
  rule: string;
  sessionId: string;
  detail: string;
}

/** Gives everything that is seen a number, in the order in which it was seen. */
export class Clock {
  #now = 0;

  tick(): number {
    this.#now += 1;
    return this.#now;
  }
}
