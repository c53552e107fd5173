import { z } from "zod";
import { flagValue, hasFlag } from "../server/flags.ts";

/** What `npm run names` asks for and shows. It uses nothing of Node, because the tests run it in workerd. */

/** A mistake that the caller can put right. Shown as a sentence. */
export class UsageError extends Error {}

/** The fields of a naming job that the command shows. */
export const Job = z.looseObject({
  job_id: z.string(),
  status: z.enum(["running", "completed", "cancelled", "stopped"]),
  stop_reason: z.string().nullable(),
  total: z.int(),
  done: z.int(),
  named: z.int(),
  fallback: z.int(),
  skipped: z.int(),
  failed: z.int(),
  remaining: z.int(),
  progress: z.number(),
  total_tokens: z.int(),
});
export type Job = z.infer<typeof Job>;

const BAR_CHARS = 30;

/** The body for `POST /sessions/names`. `ids` are the lines of a file of ids. Throws UsageError. */
export function requestOf(args: readonly string[], ids: readonly string[] | null): object {
  if (hasFlag(args, "unnamed") === (ids !== null)) {
    throw new UsageError("Say which sessions: --unnamed, or --ids FILE.");
  }
  const {
    agent,
    team,
    "updated-after": updatedAfter,
    user,
    overwrite,
    fallback,
    "max-tokens": maxTokens,
  } = flags(args);
  if (ids !== null && (agent ?? team ?? updatedAfter) !== undefined) {
    throw new UsageError("--agent, --team and --updated-after choose among --unnamed sessions, not among --ids.");
  }
  if (maxTokens !== undefined && !/^[1-9]\d*$/.test(maxTokens)) {
    throw new UsageError(`--max-tokens must be a whole number, not "${maxTokens}".`);
  }
  // Sessions whose generated names are to be replaced have a name, so `unnamed` must not leave them out.
  const filter = { unnamed: overwrite !== "generated", agent_id: agent, team_id: team, updated_after: updatedAfter };
  const some = ids?.map((line) => line.trim()).filter((line) => line !== "");
  return {
    ...(some === undefined ? { filter } : { session_ids: some }),
    user_id: user,
    overwrite,
    fallback,
    ...(maxTokens !== undefined && { max_tokens: Number(maxTokens) }),
  };
}

const VALUES = ["agent", "team", "updated-after", "user", "overwrite", "fallback", "max-tokens"] as const;

const flags = (args: readonly string[]) =>
  Object.fromEntries(VALUES.map((name) => [name, flagValue(args, name)])) as Record<
    (typeof VALUES)[number],
    string | undefined
  >;

/** `[#########---------------------]  31%  310 of 1000 · 300 named, 10 skipped`, within a terminal's width. */
export function progressBar({ progress, done, total, ...job }: Job, width = Number.POSITIVE_INFINITY): string {
  const filled = Math.floor(progress * BAR_CHARS);
  const bar = `[${"#".repeat(filled)}${"-".repeat(BAR_CHARS - filled)}]`;
  const percent = `${Math.floor(progress * 100)}%`.padStart(4);
  const line = `${bar} ${percent}  ${done} of ${total}${counts(job)}`;
  return line.length < width ? line : line.slice(0, Math.max(0, width - 1));
}

/** One line that says how the job ended. */
export function jobLine(job: Job): string {
  const how = job.status === "stopped" ? `stopped (${job.stop_reason})` : job.status;
  const rest = job.remaining === 0 ? "" : `, ${job.remaining} not tried`;
  return `The job is ${how}: ${job.done} of ${job.total} done${counts(job)}${rest}; ${job.total_tokens} tokens.`;
}

/** Whether the command succeeded: the job has done everything, and nothing failed. */
export const isFine = (job: Job): boolean => job.status === "completed" && job.failed === 0;

function counts({ named, fallback, skipped, failed }: Pick<Job, "named" | "fallback" | "skipped" | "failed">): string {
  const parts = Object.entries({ named, fallback, skipped, failed }).filter(([, count]) => count > 0);
  return parts.length === 0 ? "" : ` · ${parts.map(([word, count]) => `${count} ${word}`).join(", ")}`;
}
