import type { Json, JsonObject } from "../../domain/json.ts";
import type { UiMember, UiMetadata, UiRequirement } from "./chunk.ts";

/** A message as AI SDK UI's clients keep it. Members that would be undefined are left out. */
export interface UiMessage {
  id: string;
  role: "user" | "assistant";
  metadata?: UiMetadata;
  parts: UiPart[];
}

export type UiPart =
  | UiTextPart
  | { type: "step-start" }
  | UiToolPart
  | { type: "data-requirement"; id: string; data: UiRequirement }
  | { type: "data-member"; id: string; data: UiMember };

/** A part of thoughts has its chunks' id, one of text has none. What a user says has no state. */
export type UiTextPart =
  | { type: "text"; text: string; state?: "streaming" | "done" }
  | { type: "reasoning"; id: string; text: string; state: "streaming" | "done" };

/** A call. What of it is there follows from its state: a client's validation refuses a part with more, or with less. */
export interface UiToolPart {
  type: `tool-${string}`;
  toolCallId: string;
  state: UiToolState;
  input: JsonObject;
  output?: Json;
  errorText?: string;
  approval?: UiApproval;
}

export type UiToolState =
  | "input-available"
  | "approval-requested"
  | "approval-responded"
  | "output-available"
  | "output-error"
  | "output-denied";

/** `approved` is left out until somebody answered. */
export interface UiApproval {
  id: string;
  approved?: boolean;
  reason?: string;
}
