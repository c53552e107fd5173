/**
 * The letters by which a stored log names its entries. They are in the rows of all runs and in exports: a letter that got
 * another meaning would make old runs tell something else. Whoever reads or writes a stored log takes them from here.
 */
export const LETTERS = {
  run_started: "S",
  run_continued: "U",
  model_requested: "Q",
  /** Followed by the id and the provider of the model that was asked before. */
  model_changed: "V",
  deltas: "D",
  reasoning: "H",
  /** The same in fewer bytes, in the log of a run that is over. A version that does not know them passes them over. */
  short_deltas: "d",
  short_reasoning: "h",
  model_answered: "A",
  said: "I",
  tool_started: "T",
  tool_ended: "R",
  tool_paused: "W",
  member_told: "M",
  member_reasoning: "N",
  run_paused: "P",
  content_completed: "C",
  summary_started: "B",
  summary_completed: "E",
  run_completed: "X",
  run_failed: "F",
  run_cancelled: "K",
  gap: "G",
} as const;

/**
 * The kind of an entry as stored: that of a `LogEntry`, except that reasoning of a member run has a letter of its own, and
 * deltas have two.
 */
export type StoredKind = keyof typeof LETTERS;

const KINDS = new Map<unknown, StoredKind>(
  Object.entries(LETTERS).map(([kind, letter]) => [letter, kind as StoredKind]),
);

/** Undefined for a letter that this version does not know. */
export const kindOfLetter = (letter: unknown): StoredKind | undefined => KINDS.get(letter);

/** How an entry of the kind begins in the text of a stored log. */
export const entryStart = (kind: StoredKind): string => `["${LETTERS[kind]}"`;
