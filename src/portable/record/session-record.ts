import { z } from "zod";
import { MAX_NAME_CODE_POINTS, MAX_TTL_SECONDS } from "../../domain/limits.ts";
import { type NameDetails, SESSION_TYPES, type Session, type TokenMetrics } from "../../domain/session.ts";
import {
  bounded,
  checked,
  count,
  counter,
  id,
  instant,
  json,
  name,
  nullable,
  runIndex,
  stateObject,
  sum,
  summary,
  tags,
  text,
  tokenCounts,
} from "./field-kinds.ts";
import { recordFormat } from "./format.ts";

/** Columns that stay behind: they belong to this deployment, or follow from the session's runs. */
type Derived =
  | "fence"
  | "hiddenAt"
  | "unindexedFrom"
  | "nextRunIndex"
  | "completedRuns"
  | "chatMessages"
  | "systemKnown";

/** A session as it leaves one database and enters another. The owner is what the file says. */
export type PortableSession = Omit<Session, Derived | "visibility" | "userId"> & {
  visibility: "listed" | "archived";
  userId: string | null;
};

const metrics = checked<TokenMetrics>(
  z.looseObject({ ...tokenCounts, input_tokens: sum, output_tokens: sum, total_tokens: sum }),
);

const nameDetails = checked<NameDetails>(
  z.looseObject({
    model: name.nullable(),
    promptTokens: sum,
    completionTokens: sum,
    attempts: count,
    jobId: z.string().nullable(),
    error: z.string().max(1_000).optional(),
  }),
);

export const sessionRecord = recordFormat<PortableSession>("session", {
  sessionId: id,
  sessionType: z.enum(SESSION_TYPES),
  agentId: nullable(id),
  teamId: nullable(id),
  workflowId: nullable(id),
  userId: nullable(id),
  name: nullable(text.refine((given) => [...given].length <= MAX_NAME_CODE_POINTS, "is too long for a name")),
  nameSource: nullable(z.enum(["manual", "generated", "fallback"])),
  nameVersion: counter,
  nameUpdatedAt: nullable(instant),
  nameDetails: nullable(bounded(nameDetails)),
  firstMessage: nullable(text.refine((line) => line.length <= 4 * MAX_NAME_CODE_POINTS, "is too long")),
  state: nullable(stateObject),
  metadata: nullable(stateObject),
  summary: nullable(summary),
  summarizedThrough: nullable(runIndex),
  lastMessage: nullable(
    bounded(
      checked<NonNullable<Session["lastMessage"]>>(
        z.looseObject({ role: z.enum(["user", "assistant"]), text: z.string().max(1_000), at: instant }),
      ),
    ),
  ),
  tags,
  visibility: z.enum(["listed", "archived"]),
  pinnedAt: nullable(instant),
  archivedAt: nullable(instant),
  ttlSeconds: nullable(z.int().min(1).max(MAX_TTL_SECONDS)),
  componentData: nullable(bounded(json)),
  metrics: nullable(bounded(metrics)),
  version: counter,
  forkedFromSessionId: nullable(id),
  createdAt: instant,
  updatedAt: instant,
});

/** The counts in a session's last line. Without them a file that lost lines would be taken for a shorter session. */
export interface SessionCounts {
  runs: number;
  messages: number;
  requirements: number;
}

export const NO_ROWS: SessionCounts = { runs: 0, messages: 0, requirements: 0 };

export interface SessionEnd {
  sessionId: string;
  counts: Partial<SessionCounts>;
}

export const sessionEndRecord = recordFormat<SessionEnd>("session_end", {
  sessionId: id,
  counts: checked<Partial<SessionCounts>>(
    z.looseObject({ runs: count.optional(), messages: count.optional(), requirements: count.optional() }),
  ),
});

/** Written if a session was deleted, or got another owner, while it was written out: its lines before are void. */
export const sessionVoidRecord = recordFormat<{ sessionId: string; reason: string }>("session_void", {
  sessionId: id,
  reason: text,
});
