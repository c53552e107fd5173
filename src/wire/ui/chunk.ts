import type { JsonObject } from "../../domain/json.ts";
import type { RequirementKind, UserInputField } from "../../domain/requirement.ts";
import type { RunMetrics, RunStatus } from "../../domain/run.ts";
import type { SessionSummary } from "../../domain/session.ts";

/**
 * The chunks of AI SDK UI's message stream (v1) that are written here. All of them are known to the clients of generations 6
 * and 7. A client ends its stream with an error at a chunk that it does not know, and at a delta, an end or an output of
 * which it has not seen the start.
 */
export type UiChunk =
  | { type: "start"; messageId: string; messageMetadata: UiMetadata }
  | { type: "message-metadata"; messageMetadata: Partial<UiMetadata> }
  | { type: "start-step" | "finish-step" }
  | { type: "text-start" | "text-end" | "reasoning-start" | "reasoning-end"; id: string }
  | { type: "text-delta" | "reasoning-delta"; id: string; delta: string }
  | UiCallChunk
  | { type: "data-requirement"; id: string; data: UiRequirement }
  | { type: "data-member"; id: string; data: UiMember }
  | { type: "data-member-delta"; data: { id: string; delta: string }; transient: true }
  | { type: "data-summary"; data: SessionSummary; transient: true }
  | { type: "abort"; reason: string }
  | { type: "error"; errorText: string }
  | UiFinish;

/** Chunks about one call. `toolCallId` is the call's name (`callName`): a model's own ids repeat in a message. */
export type UiCallChunk =
  | { type: "tool-input-available"; toolCallId: string; toolName: string; input: JsonObject }
  | { type: "tool-approval-request"; toolCallId: string; approvalId: string }
  | { type: "tool-output-available"; toolCallId: string; output: string }
  | { type: "tool-output-error"; toolCallId: string; errorText: string }
  | { type: "tool-output-denied"; toolCallId: string };

export interface UiFinish {
  type: "finish";
  finishReason: "stop" | "length" | "content-filter" | "tool-calls" | "other";
  messageMetadata: Partial<UiMetadata>;
}

/** The metadata of an assistant's message. Clients merge what comes later over it. */
export interface UiMetadata {
  runId: string;
  sessionId: string;
  status: RunStatus;
  metrics?: RunMetrics;
  sessionState?: JsonObject;
  error?: { type: string; message: string };
  persisted?: false;
}

/** What a paused run waits for; the part's id is the requirement's. */
export interface UiRequirement {
  id: string;
  kind: RequirementKind;
  toolCallId: string;
  /** The model's own id of the call. */
  tool_call_id: string;
  toolName: string;
  /** What a person is to fill, for user input. */
  fields: UserInputField[] | null;
  note: string | null;
  expiresAt: string | null;
  memberRunId: string | null;
  memberName: string | null;
}

export type UiMemberStatus = "running" | "paused" | "completed" | "cancelled" | "error";

/** A member run as far as it has come; the part's id is the run's. */
export interface UiMember {
  /** The member's id. */
  id: string;
  name: string;
  kind: "agent" | "team";
  parentRunId: string;
  parentToolCallId: string | null;
  status: UiMemberStatus;
  text: string;
  tools: UiMemberTool[];
  error?: string;
}

/**
 * A call of a member, without what went in and came out: a member's part is sent again with each of its calls. Calls about
 * which people are asked are parts of the message, with both.
 */
export interface UiMemberTool {
  toolCallId: string;
  toolName: string;
  state: "running" | "done" | "failed";
}
