import { z } from "zod";
import { MAX_CLOSING_EVENT_BYTES, MAX_REASONING_EVENT_BYTES, MAX_RUN_EVENT_BYTES } from "../../domain/limits.ts";
import type { RunStatus } from "../../domain/run.ts";
import type { SessionSummary } from "../../domain/session.ts";
import { MODEL_CHANGED_LETTER, REASONING_LETTERS } from "../../engine/run/event-log.ts";
import { checked, count, instant, list, name, summary } from "./field-kinds.ts";

/**
 * An entry of an event log. The entry of a summary holds the summary, or null; that of another model the name of the one before. engine/run/event-log.ts explains the letters.
 */
export type StoredEntry = (string | number | SessionSummary | null)[];

/** How long the log of a live run may be, without its summary and its reasoning. */
const MAX_LOG_BYTES = MAX_RUN_EVENT_BYTES + MAX_CLOSING_EVENT_BYTES;
/** `["S",0],` is the shortest entry. */
const MAX_ENTRIES = Math.floor((MAX_LOG_BYTES + MAX_REASONING_EVENT_BYTES) / 8);

const number = instant.refine((at) => at >= 0, "must not be negative");
const plainEntry = z.tuple([z.string().length(1), number], count);
const summaryEntry = z.tuple([z.literal("E"), number, summary.nullable()]);
const modelEntry = z.tuple([z.literal(MODEL_CHANGED_LETTER), number, name, name]);
const entry = z.unknown().superRefine((value, ctx) => {
  const kind = isSummary(value) ? summaryEntry : isModelChange(value) ? modelEntry : plainEntry;
  const [issue] = kind.safeParse(value).error?.issues ?? [];
  if (issue !== undefined) ctx.addIssue({ code: "custom", message: issue.message, path: issue.path });
});

/** The log of a run. It may not be longer than that of a live run, since readers get an event for each entry. */
export const eventLog: z.ZodType<StoredEntry[]> = z
  .custom<unknown>(
    (value) => bytesOf(value, isOther) <= MAX_LOG_BYTES,
    `must not be larger than ${MAX_LOG_BYTES} bytes`,
  )
  .refine(
    (value) => bytesOf(value, isReasoning) <= MAX_REASONING_EVENT_BYTES,
    `must not tell of reasoning in more than ${MAX_REASONING_EVENT_BYTES} bytes`,
  )
  .pipe(checked<StoredEntry[]>(list(entry, MAX_ENTRIES)));

const isSummary = (value: unknown): boolean => Array.isArray(value) && value[0] === "E";

const isModelChange = (value: unknown): boolean => Array.isArray(value) && value[0] === MODEL_CHANGED_LETTER;

const isReasoning = (value: unknown): boolean => Array.isArray(value) && REASONING_LETTERS.includes(value[0]);

/** A summary, and reasoning, have bounds of their own. */
const isOther = (value: unknown): boolean => !isSummary(value) && !isReasoning(value);

function bytesOf(log: unknown, isCounted: (entry: unknown) => boolean): number {
  return JSON.stringify(Array.isArray(log) ? log.filter(isCounted) : log)?.length ?? 0;
}

const ENDS: readonly unknown[] = ["X", "F", "K"];

/** Says which entry a run of this server could not have in its log, and why; null if the log is fine. */
export function logProblem(log: readonly StoredEntry[], status: RunStatus): string | null {
  const end = log.findIndex(([letter]) => ENDS.includes(letter));
  // A cancelled run tells RunCancelled and then RunCompleted.
  const isCancelled = log[end]?.[0] === "K" && log[end + 1]?.[0] === "X";
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
