import type { JsonObject } from "./json.ts";
import type { UserInputField } from "./requirement.ts";
import type { RunMetrics, SessionCacheUse } from "./run.ts";
import type { SessionSummary } from "./session.ts";
import type { ApprovalType } from "./tool.ts";

/**
 * AgentOS's run events, letter for letter; those of a team begin with `Team`. Their order:
 *
 *     RunStarted
 *     ├─ ModelRequestStarted, RunContent*, ModelRequestCompleted          (per request to the model)
 *     │  └─ ToolCallStarted, ToolCallCompleted, ToolCallError?            (per call that it asked for)
 *     ├─ RunContentCompleted, RunCompleted                                (it completed)
 *     │  └─ SessionSummaryStarted, SessionSummaryCompleted                (between the two, where it waits for a summary)
 *     ├─ RunPaused, then RunContinued and so on                           (it waits for people)
 *     ├─ RunError                                                         (it failed)
 *     └─ RunCancelled, RunCompleted                                       (it was cancelled; also before RunStarted)
 *
 * An event is not stored: the run's log keeps an entry for it, and the event is made of that entry and of the run. A new
 * event is a name here, and what stands below. `npm run typecheck` names those of these files that forget it:
 *
 * - `engine/run/state.ts`: the fact that something happened; `engine/run/apply-fact.ts`: what that changes of the run
 * - `engine/run/event-log.ts`: the entry of the log; `engine/run/log-letters.ts`: its letter
 * - `engine/events/run-events.ts`: the event that is made of the entry. No type asks for an event that is never made
 * - `portable/record/event-log.ts`: the form of an entry that holds more than numbers. No type asks for it
 * - `portable/import/told-bytes.ts`: how many bytes the event takes in a list of runs, where a run is imported
 * - `api/shared/event-shapes.ts`: the event in the document
 * - `wire/ui/run-chunks.ts` and `wire/ui/member-parts.ts`: what AI SDK UI's clients get of it
 * - `session/drive/event-stream.ts`: whether callers get it who asked for content only
 * - One that ends a run, or a stretch of it, stands in `ENDS` too: there, in `session/drive/run-recorder.ts`,
 *   `session/people/continue-run.ts` and `portable/record/event-log.ts`. No type asks for it
 * - `docs/storage.md`: the letter
 */
export type RunEventName =
  | "RunStarted"
  | "ModelRequestStarted"
  | "RunContent"
  | "ModelRequestCompleted"
  | "ToolCallStarted"
  | "ToolCallCompleted"
  | "ToolCallError"
  | "RunContentCompleted"
  | "SessionSummaryStarted"
  | "SessionSummaryCompleted"
  | "RunCompleted"
  | "RunError"
  | "RunCancelled"
  | "RunPaused"
  | "RunContinued";

/** One event as readers get it. `created_at` is epoch seconds; `event_index` counts from 0 in the run. */
export interface RunEvent {
  created_at: number;
  event: RunEventName | `Team${RunEventName}`;
  agent_id?: string;
  agent_name?: string;
  team_id?: string;
  team_name?: string;
  run_id: string;
  parent_run_id?: string;
  session_id: string;
  nested_depth: number;
  content?: string;
  content_type?: string;
  reasoning_content?: string;
  workflow_agent?: boolean;
  model?: string;
  model_provider?: string;
  session_cache?: SessionCacheUse;
  input_tokens?: number;
  output_tokens?: number;
  total_tokens?: number;
  reasoning_tokens?: number;
  cache_read_tokens?: number;
  cache_write_tokens?: number;
  audio_input_tokens?: number;
  audio_output_tokens?: number;
  cost?: number;
  time_to_first_token?: number;
  tool?: ToolExecution;
  /** The calls that a paused run waits for. */
  tools?: ToolExecution[];
  requirements?: RunRequirementJson[];
  error?: string;
  error_type?: string;
  reason?: string;
  metrics?: RunMetrics;
  session_state?: JsonObject;
  finish_reason?: string;
  /** Left out when no summary was made. */
  session_summary?: SessionSummary;
  /** False while the run is only in its object's journal and has not reached D1 yet; else left out. */
  persisted?: false;
  event_index: number;
}

/** A tool call as AgentOS shows it: all keys, always. */
export interface ToolExecution {
  tool_call_id: string;
  tool_name: string;
  tool_args: JsonObject;
  tool_call_error: boolean | null;
  result: string | null;
  metrics: { start_time: number; end_time: number; duration: number } | null;
  child_run_id: string | null;
  stop_after_tool_call: boolean;
  created_at: number;
  requires_confirmation: boolean | null;
  confirmed: boolean | null;
  confirmation_note: string | null;
  requires_user_input: boolean | null;
  user_input_schema: UserInputField[] | null;
  user_feedback_schema: null;
  answered: boolean | null;
  external_execution_required: boolean | null;
  external_execution_silent: boolean | null;
  approval_type: ApprovalType | null;
  approval_id: null;
}

/** AgentOS's RunRequirement: a requirement as shown with its run. Fields of ours come last; null fields are left out. */
export interface RunRequirementJson {
  id: string;
  /** ISO 8601 with microseconds, as Python writes it. */
  created_at: string;
  confirmation?: boolean;
  confirmation_note?: string;
  external_execution_result?: string;
  member_agent_id?: string;
  member_agent_name?: string;
  member_run_id?: string;
  tool_execution: ToolExecution;
  user_input_schema?: UserInputField[];
  note?: string;
  expires_at?: string;
  answered_by?: string;
  actor?: string;
  answered_at?: string;
}
