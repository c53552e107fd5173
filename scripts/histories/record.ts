import type { Operation } from "./operations.ts";

// What was seen of one session, by clients, by the scripted model, and by whoever read it between two kills. The checks
// know nothing else. Instants are ticks of one clock: of two that follow each other the later is the higher.

/**
 * `unknown`: the server was killed, or answered with an error of its own: it may or may not have happened, until the
 * session is read behind the restart.
 */
export type Outcome = "acknowledged" | "refused" | "unknown";

/** An event of a run as a client got it, without what is different each time. */
export interface SeenEvent {
  index: number;
  event: string;
  /** Its content as JSON; "" where it has none. */
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

/** A change of cells: first all of these beginnings go, then each of these is set; null takes away. */
export interface Write {
  clears: string[];
  sets: Record<string, string | null>;
}

/** A run as an answer told its end, or its pause. */
export interface ToldRun {
  status: string;
  content: string;
  /** False: the server said that D1 does not have it yet. */
  persisted: boolean;
}

export type Verdict = "confirmed" | "rejected" | "filled" | "executed";

/** An answer that a client gave to a requirement. */
export interface GivenAnswer {
  requirementId: string;
  verdict: Verdict;
  /** What was filled, or what the tool printed. */
  value: string;
}

/** One operation with what came of it. */
export interface Act {
  epoch: number;
  /** Which client of the session, from 0; `wake` and `probe` behind the restart. */
  client: string;
  operation: Operation;
  invokedAt: number;
  /** When its client knew that it was taken; null where it never did. */
  acceptedAt: number | null;
  endedAt: number;
  outcome: Outcome;
  /** The HTTP status; 0 where there was none. */
  status: number;
  /** Why it was refused, or is unknown. */
  detail: string;
  /** Whether the server was alive when it ended. */
  isServerUp: boolean;
  /** The run that it made, or was about. */
  runId: string | null;
  told: ToldRun | null;
  events: SeenEvent[];
  snapshot: Snapshot | null;
  ifMatch: string | null;
  write: Write | null;
  answers: GivenAnswer[];
  /** The session that a fork made. */
  forkId: string | null;
  /** What a search or a list in the middle found: sessions or runs by id. */
  found: string[] | null;
}

/** An operation that has only begun: nothing came of it yet. */
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

/** A request to the model. */
export interface Asked {
  token: string;
  startedAt: number;
  /** Infinity while it is answered. */
  endedAt: number;
  prompt: PromptMessage[];
  /** How it ended: answered to its end, with a fault, or because the server went away. */
  end: "whole" | "fault" | "left" | "open";
  /** The text of the answer. */
  text: string;
}

/** A message as the model gets it and as the session shows it. */
export interface PromptMessage {
  role: string;
  content: string;
  calls: { id: string; name: string; arguments: string }[];
  /** Of a tool's result. */
  callId: string | null;
}

export interface ReadRun {
  runId: string;
  parentRunId: string;
  status: string;
  input: string;
  content: string;
  /** Empty for a run that has not started. */
  messages: PromptMessage[];
  /** Names of its events, in order; of a tool's events with the call's id: `ToolCallStarted call-1`. */
  events: string[];
  /** Whether it answers an older run again, or goes on from it, or is a copy; else null. */
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

/** What the list shows of a session beside its cells. */
export interface ListedCounts {
  runs: number;
  messages: number;
  openRequirements: number;
}

/** A place in the session's history: run id and message index. */
export type Place = string;

/** All of a session, read while nothing goes on in it. */
export interface SessionReading {
  sessionId: string;
  snapshot: Snapshot;
  runs: ReadRun[];
  requirements: ReadRequirement[];
  /** Of the list's item, and of the session's own detail. */
  listed: ListedCounts;
  detailed: ListedCounts;
  listedSnapshot: Cells;
  /** Where the search finds the word that all messages have. */
  found: Place[];
  /** Where it finds each of some tokens. */
  foundTokens: Record<string, Place[]>;
}

export interface Reading extends SessionReading {
  epoch: number;
  /** From when on nothing of before can happen any more, and when it was read. */
  startedAt: number;
  endedAt: number;
  forks: SessionReading[];
  /** The ids of the sessions that the user's list shows, and the number that it tells. */
  userSessions: string[];
  userCount: number;
  /** Of each tag, whether the list of those that have it shows the session. */
  byTag: Record<string, boolean>;
}

/** All that was seen of one session, from its beginning on. */
export interface SessionRecord {
  sessionId: string;
  userId: string;
  acts: Act[];
  asked: Asked[];
  readings: Reading[];
}

/** Something that the product promises and that is not so. */
export interface Finding {
  /** The rule that it breaks, in a few words. */
  rule: string;
  sessionId: string;
  detail: string;
}

/** Orders everything that is seen. */
export class Clock {
  #now = 0;

  tick(): number {
    this.#now += 1;
    return this.#now;
  }
}
