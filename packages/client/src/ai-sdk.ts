/**
 * The types of a chat that `useChat` of AI SDK UI (6 or 7) has with the server. They name no package: `EdgeUIMessage` fits
 * wherever a `UIMessage` is asked for.
 *
 *     const { messages } = useChat<EdgeUIMessage>({ … });
 */

/** A message of the server's. An assistant's is a run: its id is the run's id. */
export interface EdgeUIMessage {
  id: string;
  role: "system" | "user" | "assistant";
  /** Of an assistant's message only. */
  metadata?: EdgeMetadata;
  parts: EdgeUIPart[];
}

export interface EdgeMetadata {
  runId: string;
  sessionId: string;
  status: "PENDING" | "RUNNING" | "COMPLETED" | "PAUSED" | "CANCELLED" | "ERROR" | "REGENERATED";
  /** What the run used: tokens, and where its time went. */
  metrics?: EdgeMetrics;
  /** The session's state at the end of a run that completed. */
  sessionState?: Record<string, unknown>;
  error?: { type: string; message: string };
  /** False while the run's end has not reached the database yet. */
  persisted?: false;
}

/** Times are in seconds. */
export interface EdgeMetrics {
  input_tokens?: number;
  output_tokens?: number;
  total_tokens?: number;
  cost?: number;
  time_to_first_token?: number;
  duration?: number;
}

export type EdgeUIPart =
  | { type: "text"; text: string; state?: "streaming" | "done" }
  | { type: "reasoning"; id?: string; text: string; state?: "streaming" | "done" }
  | { type: "step-start" }
  | EdgeToolPart
  | EdgeDataPart<"requirement">
  | EdgeDataPart<"member">
  | EdgeDataPart<"member-delta">
  | EdgeDataPart<"summary">;

interface EdgeDataPart<Name extends keyof EdgeData> {
  type: `data-${Name}`;
  id?: string;
  data: EdgeData[Name];
}

/**
 * The data parts by their names. `member-delta` and `summary` come to `onData` only, and are in no message. It is no interface,
 * because AI SDK's types ask for an index signature.
 */
export type EdgeData = {
  requirement: EdgeRequirement;
  member: EdgeMember;
  "member-delta": { id: string; delta: string };
  summary: EdgeSummary;
};

/** What a paused run waits for; the part's id is the requirement's. */
export interface EdgeRequirement {
  id: string;
  kind: "confirmation" | "user_input" | "external_execution";
  /** The call's part in the message. */
  toolCallId: string;
  /** The model's own id of the call. */
  tool_call_id: string;
  toolName: string;
  /** What a person is to fill, for user input: `addToolOutput` takes the values by name. */
  fields: { name: string; field_type: string; description: string | null; value: unknown }[] | null;
  note: string | null;
  /** ISO 8601. */
  expiresAt: string | null;
  /** Of a call that a team's member made. */
  memberRunId: string | null;
  memberName: string | null;
}

/** A team's member at work; the part's id is the member's run. */
export interface EdgeMember {
  /** The member's id. */
  id: string;
  name: string;
  kind: "agent" | "team";
  parentRunId: string;
  parentToolCallId: string | null;
  status: "running" | "paused" | "completed" | "cancelled" | "error";
  text: string;
  tools: { toolCallId: string; toolName: string; state: "running" | "done" | "failed" }[];
  error?: string;
}

export interface EdgeSummary {
  summary: string;
  topics?: string[] | null;
  updated_at?: string | null;
}

/** A call, of the run's or one of a member's about which people are asked. */
export type EdgeToolPart = { type: `tool-${string}`; toolCallId: string; providerExecuted?: boolean } & EdgeToolState;

interface EdgeApproval {
  id: string;
  reason?: string;
}

type EdgeToolState =
  | { state: "input-streaming"; input: unknown; output?: never; errorText?: never; approval?: never }
  | { state: "input-available"; input: unknown; output?: never; errorText?: never; approval?: never }
  | {
      state: "approval-requested";
      input: unknown;
      output?: never;
      errorText?: never;
      approval: { id: string; approved?: never; reason?: never };
    }
  | {
      state: "approval-responded";
      input: unknown;
      output?: never;
      errorText?: never;
      approval: EdgeApproval & { approved: boolean };
    }
  | {
      state: "output-available";
      input: unknown;
      output: unknown;
      errorText?: never;
      approval?: EdgeApproval & { approved: true };
    }
  | {
      state: "output-error";
      input: unknown;
      output?: never;
      errorText: string;
      approval?: EdgeApproval & { approved: true };
    }
  | {
      state: "output-denied";
      input: unknown;
      output?: never;
      errorText?: never;
      approval: EdgeApproval & { approved: false };
    };
