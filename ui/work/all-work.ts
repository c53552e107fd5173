import { signal } from "@preact/signals";
import type { Told } from "../server/failure.ts";
import type { Pace } from "./pace.ts";

/** Something that takes longer than a person waits for, as the page shows it. */
export interface Work {
  id: string;
  title: string;
  /** False for a moment at its beginning: a row of what is done at once would only flash. */
  isShown: boolean;
  unit: "sessions" | "bytes";
  done: number;
  /** Null where nobody knows the end. */
  total: number | null;
  pace: Pace | null;
  /** `away`: the server does not answer, and is asked again. `parted`: it goes on only if somebody helps it. */
  state: "running" | "away" | "stopping" | "parted" | "ended" | "failed";
  /** What is said beside the numbers: why it failed, or what it waits for. */
  note: string;
  failure: Told | null;
  /** Whether it ends with the page. */
  isHere: boolean;
  /** How many of its parts failed. */
  failed: number;
  /** What can be done about it; what cannot is left out. */
  stop?: () => void;
  again?: { label: string; run(): void };
  problems?: ProblemsPage;
}

/** Something that failed, and why. */
export interface Problem {
  what: string;
  sessionId: string | null;
  why: string;
}

export type ProblemsPage = (cursor: string | null) => Promise<{ problems: Problem[]; next: string | null }>;

export const allWork = signal<readonly Work[]>([]);
/** Whose problems are looked at. */
export const looked = signal<Work | null>(null);

/** Whose everything is about to be erased. */
export const erasing = signal<string | null>(null);
/** The files that are about to be imported. */
export const chosen = signal<readonly File[]>([]);

/** Where the browser keeps what goes on after a reload. */
export const KEPT_KEY = "edge-sessions.work";
