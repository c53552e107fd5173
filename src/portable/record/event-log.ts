import { z } from "zod";
import { MAX_CLOSING_EVENT_BYTES, MAX_REASONING_EVENT_BYTES, MAX_RUN_EVENT_BYTES } from "../../domain/limits.ts";
import type { RunStatus } from "../../domain/run.ts";
import type { SessionSummary } from "../../domain/session.ts";
import { longEntry } from "../../engine/run/event-log.ts";
import { kindOfLetter, LETTERS, type StoredKind } from "../../engine/run/log-letters.ts";
import { checked, count, instant, list, name, summary } from "./field-kinds.ts";

/**
 * An entry of an event log. A summary entry holds the summary or null. A "model changed" entry holds the id and the provider
 * of the model asked before. The letters are in engine/run/log-letters.ts.
 */
export type StoredEntry = (string | number | SessionSummary | null)[];

/** How long the log of a live run may be, without its summary and its reasoning. */
const MAX_LOG_BYTES = MAX_RUN_EVENT_BYTES + MAX_CLOSING_EVENT_BYTES;
/** `["S",0],` is the shortest entry. */
const MAX_ENTRIES = Math.floor((MAX_LOG_BYTES + MAX_REASONING_EVENT_BYTES) / 8);

const number = instant.refine((at) => at >= 0, "must not be negative");
const plainEntry = z.tuple([z.string().length(1), number], count);
const summaryEntry = z.tuple([z.literal(LETTERS.summary_completed), number, summary.nullable()]);
const modelEntry = z.tuple([z.literal(LETTERS.model_changed), number, name, name]);
const entry = z.unknown().superRefine((value, ctx) => {
  const kind = isSummary(value) ? summaryEntry : isModelChange(value) ? modelEntry : plainEntry;
  const [issue] = kind.safeParse(value).error?.issues ?? [];
  if (issue !== undefined) ctx.addIssue({ code: "custom", message: issue.message, path: issue.path });
});

const shortEntry = z.tuple([
  z.literal([LETTERS.short_deltas, LETTERS.short_reasoning]),
  number,
  z.string().regex(/^[0-9a-z]+$/),
]);

/**
 * The entries in the long form. Exports are written in it; but the Worker of the deploy before writes out what is stored as it
 * stands, also what a newer Worker has stored. A log with more digits than the long form has room for is left as it is, and refused.
 */
function inLongForm(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  const short = new Set<unknown>(value.filter((entry) => shortEntry.safeParse(entry).success));
  const digits = [...short].reduce<number>((sum, entry) => sum + (entry as [string, number, string])[2].length, 0);
  return digits > MAX_LOG_BYTES ? value : value.map((entry) => (short.has(entry) ? longEntry(entry) : entry));
}

/** The log of a run. It may not be longer than that of a live run, since readers get an event for each entry. */
export const eventLog: z.ZodType<StoredEntry[]> = z
  .unknown()
  .transform(inLongForm)
  .refine((value) => bytesOf(value, isOther) <= MAX_LOG_BYTES, `must not be larger than ${MAX_LOG_BYTES} bytes`)
  .refine(
    (value) => bytesOf(value, isReasoning) <= MAX_REASONING_EVENT_BYTES,
    `must not tell of reasoning in more than ${MAX_REASONING_EVENT_BYTES} bytes`,
  )
  .pipe(checked<StoredEntry[]>(list(entry, MAX_ENTRIES)));

/** The kind that the entry's letter names; undefined where it has none that this version knows. */
const kindOf = (entry: unknown): StoredKind | undefined => (Array.isArray(entry) ? kindOfLetter(entry[0]) : undefined);

const isSummary = (value: unknown): boolean => kindOf(value) === "summary_completed";

const isModelChange = (value: unknown): boolean => kindOf(value) === "model_changed";

const isReasoning = (value: unknown): boolean => {
  const kind = kindOf(value);
  return kind === "reasoning" || kind === "member_reasoning";
};

/** A summary, and reasoning, have bounds of their own. */
const isOther = (value: unknown): boolean => !isSummary(value) && !isReasoning(value);

function bytesOf(log: unknown, isCounted: (entry: unknown) => boolean): number {
  return JSON.stringify(Array.isArray(log) ? log.filter(isCounted) : log)?.length ?? 0;
}

const ENDS: readonly unknown[] = [LETTERS.run_completed, LETTERS.run_failed, LETTERS.run_cancelled];

/** Says which entry a run of this server could not have in its log, and why; null if the log is fine. */
export function logProblem(log: readonly StoredEntry[], status: RunStatus): string | null {
  const end = log.findIndex(([letter]) => ENDS.includes(letter));
  // A cancelled run tells RunCancelled and then RunCompleted.
  const isCancelled = kindOf(log[end]) === "run_cancelled" && kindOf(log[end + 1]) === "run_completed";
  const behind = end + (isCancelled ? 2 : 1);
  if (end >= 0 && status === "PAUSED") {
    return `events.${end}: a run that is paused has no end.`;
  }
  if (end >= 0 && behind < log.length) {
    return `events.${behind}: a run tells nothing behind its end.`;
  }
  const summaries = log.flatMap((one, nth) => (isSummary(one) ? [nth] : []));
  return summaries.length > 1 ? `events.${summaries[1]}: a run waits for one summary.` : null;
}
