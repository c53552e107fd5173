import { isObject, type Json, type JsonObject } from "./json.ts";
import type { Message } from "./message.ts";
import type { HistoryDropped, RunError, RunErrorType, RunOrigin } from "./run.ts";
import { type HeldScopes, holds } from "./scope.ts";

/**
 * What a caller is shown of what it may otherwise read. Without `config:read` it sees no instructions, no tools, nothing
 * that a provider wants back, and no words of a provider. Whatever shows messages, runs or events demands a view.
 */
export interface View {
  readonly mayReadConfig: boolean;
}

/** For what no caller reads, such as counting events. */
export const WHOLE_VIEW: View = { mayReadConfig: true };

/** For what a caller may come to read whose scopes are not known. */
export const GUARDED_VIEW: View = { mayReadConfig: false };

/** The view of who holds these scopes. A Worker of an older deployment sends none: there is only the security key then. */
export const viewOf = ({ scopes = "all" }: { scopes?: HeldScopes | undefined }): View => ({
  mayReadConfig: holds(scopes, "config:read"),
});

/** The messages without the instructions. */
export function shownMessages<M extends Pick<Message, "role">>(messages: readonly M[], view: View): readonly M[] {
  return view.mayReadConfig ? messages : messages.filter((message) => isShown(message, view));
}

export const isShown = ({ role }: Pick<Message, "role">, { mayReadConfig }: View): boolean =>
  mayReadConfig || role !== "system";

/** What is said instead of a failure whose sentence may hold a provider's words; null where the sentence is the server's own. */
const INSTEAD: Record<RunErrorType, string | null> = {
  model_provider_error: "The model could not answer.",
  model_rate_limit_error: "The model is asked too often at the moment. Try again later.",
  model_timeout: "The model did not answer in time.",
  model_incomplete: "The model's answer ended early.",
  model_not_configured: null,
  agent_not_found: null,
  team_not_found: null,
  session_state_too_large: null,
  interrupted: null,
  storage: null,
  internal: null,
};
/** An imported run may have failed for what this server does not know. */
const UNKNOWN = "The run failed.";

export function shownError(error: RunError, { mayReadConfig }: View): RunError {
  if (mayReadConfig) return error;
  const instead = Object.hasOwn(INSTEAD, error.type) ? INSTEAD[error.type] : UNKNOWN;
  return { ...error, message: instead ?? error.message };
}

/** Instructions that were given with a regenerate are instructions, whoever gave them. */
export function shownOrigin(origin: RunOrigin, { mayReadConfig }: View): RunOrigin {
  return mayReadConfig || origin.instructions == null ? origin : { ...origin, instructions: null };
}

export function shownDropped(dropped: HistoryDropped, { mayReadConfig }: View): HistoryDropped {
  return mayReadConfig ? dropped : { ...dropped, reason: "The model's provider refused more of the history." };
}

/** Why a model gave no name or summary. */
export function shownSaying(said: string, { mayReadConfig }: View): string {
  return mayReadConfig ? said : "The model gave no usable answer.";
}

/**
 * Agno's `agent_data`, `team_data` or `workflow_data`. In an imported session it may hold instructions and settings of a model,
 * so of what is not known here nothing is shown.
 */
export function shownComponentData(data: Json, { mayReadConfig }: View): Json {
  if (mayReadConfig || data === null) return data;
  const { model, ...own } = isObject(data) ? data : {};
  const shown = textsOf(own, ["name", "agent_id", "team_id", "workflow_id"]);
  return isObject(model) ? { ...shown, model: textsOf(model, ["name", "provider", "id"]) } : shown;
}

const textsOf = (object: JsonObject, names: readonly string[]): JsonObject =>
  Object.fromEntries(names.flatMap((name) => (typeof object[name] === "string" ? [[name, object[name]]] : [])));

/** Agno's metadata of an imported run, in which agents' settings may stand. A run that was made here has none. */
export const shownRunMetadata = (metadata: JsonObject | null, { mayReadConfig }: View): JsonObject | null =>
  mayReadConfig ? metadata : null;
