import { z } from "zod";
import { MAX_LIST_ITEMS, MAX_MEMBER_SLOTS, MAX_REQUIREMENTS, MAX_TOKENS, MAX_TOOL_CALLS } from "../../domain/limits.ts";
import { ROLES } from "../../domain/message.ts";
import type { ToolCall, Usage } from "../../domain/model.ts";
import { REQUIREMENT_KINDS, REQUIREMENT_STATUSES, type Requirement } from "../../domain/requirement.ts";
import type { HistoryDropped, RunError, RunMetrics, RunOrigin, RunRow } from "../../domain/run.ts";
import { APPROVAL_TYPES, ON_EXPIRY } from "../../domain/tool.ts";
import type { MessageRow } from "../../store/messages/message-rows.ts";
import { eventLog, type StoredEntry } from "./event-log.ts";
import {
  checked,
  count,
  id,
  instant,
  json,
  list,
  name,
  nullable,
  object,
  runIndex,
  stateObject,
  text,
  tokenCounts,
} from "./field-kinds.ts";
import { recordFormat } from "./format.ts";

/** Columns that are not exported: who may write the run, which request made it and by which token, and its place among waiting runs. */
type RunOwn =
  | "sessionId"
  | "waiting"
  | "position"
  | "fence"
  | "status"
  | "events"
  | "claims"
  | `idempotency${string}`
  | "fieldsDigest";

const PORTABLE_STATUSES = ["COMPLETED", "PAUSED", "CANCELLED", "ERROR", "REGENERATED"] as const;

/** A run that has paused or ended. The lines behind it are its messages, then its requirements. */
export type PortableRun = Omit<RunRow, Extract<keyof RunRow, RunOwn> | "userId"> & {
  userId: string | null;
  status: (typeof PORTABLE_STATUSES)[number];
  /** The stored log as JSON. */
  events: StoredEntry[] | null;
};

const origin = checked<RunOrigin>(
  z.discriminatedUnion("type", [
    z.looseObject({
      type: z.literal("continued"),
      runId: id,
      messageIndex: count,
      historyBefore: runIndex,
      input: z.string().nullable(),
      instructions: z.string().nullish(),
    }),
    z.looseObject({
      type: z.literal("regenerated"),
      runId: id,
      messageIndex: count,
      historyBefore: runIndex,
      replace: z.boolean(),
      instructions: z.string().nullable(),
    }),
    z.looseObject({
      type: z.literal("copied"),
      runId: id,
      sessionId: id,
      historyBefore: runIndex.nullable(),
      instructions: z.string().nullish(),
    }),
  ]),
);

const error = checked<RunError>(z.looseObject({ type: name, message: z.string() }));
const seconds = z.number().optional();
const metrics = checked<RunMetrics>(
  z.looseObject({
    ...tokenCounts,
    time_to_first_token: seconds,
    duration: seconds,
    timings: z
      .looseObject({
        queue: seconds,
        hydrate: seconds,
        accept: seconds,
        model: seconds,
      })
      .optional(),
  }),
);
/** The reason is the sentence of a failure, which is short. */
const historyDropped = checked<HistoryDropped>(
  z.looseObject({ runs: count, withoutProviderData: count, reason: name }),
);
export const runRecord = recordFormat<PortableRun>("run", {
  runId: id,
  runIndex: nullable(runIndex),
  parentRunId: nullable(id),
  parentCall: nullable(count),
  memberSlots: count.refine((slots) => slots <= MAX_MEMBER_SLOTS, "is too large"),
  origin: nullable(origin),
  agentId: nullable(id),
  teamId: nullable(id),
  componentName: nullable(name),
  userId: nullable(id),
  status: z.enum(PORTABLE_STATUSES),
  input: text,
  inputState: nullable(object),
  inputMessages: count,
  model: nullable(name),
  modelProvider: nullable(name),
  modelName: nullable(name),
  sessionCache: nullable(z.enum(["hit", "miss", "bypass"])),
  sessionState: nullable(object),
  metrics: nullable(metrics),
  historyDropped: nullable(historyDropped),
  metadata: nullable(stateObject),
  finishReason: nullable(z.enum(["stop", "length", "tool_calls", "content_filter", "tool_rounds"])),
  error: nullable(error),
  events: nullable(eventLog),
  createdAt: instant,
  startedAt: nullable(instant),
  settledAt: nullable(instant),
});

/** A message. It stands behind its run, and the order of the lines is the order of messages. */
export type PortableMessage = Omit<MessageRow, "sessionId" | "runIndex">;

const toolCalls = checked<ToolCall[]>(
  list(z.looseObject({ id: z.string(), name: z.string(), arguments: z.string() }), MAX_TOOL_CALLS).refine(
    (calls) => calls.length > 0,
    "must not be empty",
  ),
);
const usage = checked<Usage>(
  z.looseObject({
    inputTokens: count,
    outputTokens: count,
    totalTokens: count,
    reasoningTokens: count,
    cacheReadTokens: count,
    cacheWriteTokens: count.optional(),
    audioInputTokens: count.optional(),
    audioOutputTokens: count.optional(),
    cost: z.number().min(0).max(MAX_TOKENS).optional(),
  }),
);

export const messageRecord = recordFormat<PortableMessage>("message", {
  runId: id,
  messageIndex: count,
  messageId: id,
  role: z.enum(ROLES),
  content: text,
  reasoningContent: nullable(text),
  providerSource: nullable(name),
  providerData: nullable(text),
  toolCalls: nullable(toolCalls),
  toolCallId: nullable(text),
  toolName: nullable(text),
  toolArgs: nullable(object),
  toolCallError: nullable(z.boolean()),
  usage: nullable(usage),
  timeToFirstTokenMs: nullable(count),
  createdAt: instant,
});

/** A requirement. It stands behind the messages of its run, and its owner is the session's. */
export type PortableRequirement = Omit<Requirement, "sessionId" | "userId">;

const fields = checked<NonNullable<Requirement["fields"]>>(
  list(
    z.looseObject({ name: z.string(), field_type: z.string(), description: z.string().nullable(), value: json }),
    MAX_LIST_ITEMS,
  ),
);
const answer = checked<NonNullable<Requirement["answer"]>>(
  z.discriminatedUnion("type", [
    z.looseObject({ type: z.literal("confirmed") }),
    z.looseObject({ type: z.literal("rejected") }),
    z.looseObject({ type: z.literal("filled"), args: object }),
    z.looseObject({ type: z.literal("executed"), result: z.string() }),
  ]),
);

export const requirementRecord = recordFormat<PortableRequirement>("requirement", {
  requirementId: id,
  runId: id,
  position: count.refine((position) => position < 2 * MAX_REQUIREMENTS, "is too large"),
  memberRunId: nullable(id),
  agentId: nullable(id),
  teamId: nullable(id),
  componentName: name,
  kind: z.enum(REQUIREMENT_KINDS),
  status: z.enum(REQUIREMENT_STATUSES),
  toolCallId: text,
  call: count,
  toolName: text,
  toolArgs: object,
  fields: nullable(fields),
  note: nullable(text),
  answer: nullable(answer),
  answerNote: nullable(text),
  answeredBy: nullable(text),
  actor: nullable(text),
  approvalType: nullable(z.enum(APPROVAL_TYPES)),
  answeredAt: nullable(instant),
  expiresAt: nullable(instant),
  onExpiry: z.enum(ON_EXPIRY),
  createdAt: instant,
});
