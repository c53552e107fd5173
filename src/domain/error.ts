/** The closed list of expected failures. The functions below write the sentences that callers read. */
export type ErrorCode =
  | "agent_not_found"
  | "team_not_found"
  | "session_not_found"
  | "run_not_found"
  | "job_not_found"
  | "database_not_found"
  | "service_account_not_found"
  | "service_account_exists"
  | "service_account_ended"
  | "session_exists"
  | "session_deleted"
  | "idempotency_conflict"
  | "run_active"
  | "run_not_continuable"
  | "requirement_answered"
  | "precondition_failed"
  | "queue_full"
  | "name_refused"
  | "summary_failed"
  | "invalid_request"
  | "bad_request"
  | "payload_too_large"
  | "body_timeout"
  | "server_busy"
  | "unsupported_file"
  | "database_unavailable"
  | "database_full"
  | "session_unavailable"
  | "model_not_configured"
  | "security_key_not_configured"
  | "client_tokens_not_configured"
  | "unauthorized"
  | "auth_unavailable"
  | "forbidden"
  | "rate_limited"
  | "quota_exceeded"
  | "not_found"
  | "method_not_allowed"
  | "internal";

/** One wrong field, in AgentOS's form. */
export interface FieldError {
  type: string;
  loc: (string | number)[];
  msg: string;
  input: unknown;
  ctx?: Record<string, unknown>;
}

/** An expected failure as data, so that it crosses the object's boundary. */
export interface Failure {
  code: ErrorCode;
  /** AgentOS's `detail`: a sentence, or the list of wrong fields. */
  detail: string | FieldError[];
  retryAfterSeconds?: number;
  /** The run that the failure is about, for `X-Run-Id`. */
  runId?: string;
  /** What the answer's `WWW-Authenticate` says behind `Bearer`. */
  challenge?: string;
  /** Further headers of the answer. */
  headers?: Record<string, string>;
}

/** Carries a Failure to the HTTP layer, where no code in between has to decide anything about it. */
export class AppError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(typeof failure.detail === "string" ? failure.detail : failure.code);
    this.name = "AppError";
    this.failure = failure;
  }
}

export const agentNotFound = (): Failure => ({ code: "agent_not_found", detail: "Agent not found" });
export const teamNotFound = (): Failure => ({ code: "team_not_found", detail: "Team not found" });
export const runNotFound = (detail = "Run not found"): Failure => ({ code: "run_not_found", detail });
export const jobNotFound = (): Failure => ({ code: "job_not_found", detail: "Job not found" });
export const databaseNotFound = (id: string): Failure => ({
  code: "database_not_found",
  detail: `No database found with id '${id}'`,
});

export const serviceAccountNotFound = (id: string): Failure => ({
  code: "service_account_not_found",
  detail: `Service account '${id}' not found`,
});

export const serviceAccountExists = (name: string): Failure => ({
  code: "service_account_exists",
  detail: `An active service account named '${name}' already exists. Revoke it first to rotate.`,
});

/** A name has two tokens that are taken only while one of them is rotated. */
export const serviceAccountRotated = (name: string): Failure => ({
  code: "service_account_exists",
  detail: `Another token of '${name}' is taken too. Revoke that one first, or wait until it ends.`,
});

export const serviceAccountEnded = (name: string): Failure => ({
  code: "service_account_ended",
  detail: `The token of '${name}' was revoked or has expired. Create the service account anew.`,
});

/** AgentOS words this differently in each route: those texts are `notFoundTexts` in `api/shared/find-session.ts`. */
export const SESSION_NOT_FOUND = "Session not found";
export const sessionNotFound = (detail = SESSION_NOT_FOUND): Failure => ({ code: "session_not_found", detail });

export const sessionExists = (id: string): Failure => ({
  code: "session_exists",
  detail: `Session with id '${id}' already exists. Use PATCH /sessions/${id} to update it.`,
});

/** The id of a session that does not exist for the caller: it is not said whether it was this that stood in the way. */
export const sessionIdRefused = (): Failure => ({
  code: "session_exists",
  detail:
    "Could not create a session with the supplied session_id. Omit session_id to have one generated, or choose a different one.",
});

/** `until` is an instant as text; null when the session cannot be brought back any more. */
export const sessionDeleted = (id: string, until: string | null): Failure => ({
  code: "session_deleted",
  detail:
    until === null
      ? `Session with id '${id}' was deleted and is being removed. Use another id, or this one later.`
      : `Session with id '${id}' was deleted. Until ${until} POST /sessions/${encodeURIComponent(id)}/restore brings it back.`,
});

export const idempotencyConflict = (runId?: string): Failure => ({
  code: "idempotency_conflict",
  detail: "This Idempotency-Key was used for a request with other fields. Use a new key for a new request.",
  ...(runId !== undefined && { runId }),
});

export const runActive = (runId: string): Failure => ({
  code: "run_active",
  detail: `Run ${runId} is active in this session. Wait for it, cancel it, or send on_busy=enqueue or interrupt.`,
  runId,
});

/** Two answers to one message would both stay in the history. */
export const answeredAgain = (runId: string, byRunId: string): Failure => ({
  code: "run_active",
  detail: `Run ${byRunId} answers run ${runId} again already. Wait for it, or cancel it.`,
  runId: byRunId,
});

/** For a cancelled run the sentence is AgentOS's. */
export const runNotContinuable = (runId: string, reason: string): Failure => ({
  code: "run_not_continuable",
  detail: `Cannot continue run ${runId}: ${reason}`,
  runId,
});

/** Somebody else has answered already, or the same caller has in an earlier request. */
export const requirementAnswered = (runId: string, ids: readonly string[]): Failure => ({
  code: "requirement_answered",
  detail: `Already answered: ${ids.join(", ")}. An answer is given once.`,
  runId,
});

export const preconditionFailed = (): Failure => ({
  code: "precondition_failed",
  detail: "The session has changed since: its ETag is another one. Read it again.",
});

export const queueFull = (limit: number): Failure => ({
  code: "queue_full",
  detail: `${limit} runs are waiting in this session already. Try again later.`,
  retryAfterSeconds: 5,
});

export const nameRefused = (): Failure => ({
  code: "name_refused",
  detail: [
    { type: "value_error", loc: ["body", "session_name"], msg: "This name is not accepted by the agent.", input: null },
  ],
});

const NO_SUMMARY = "The model gave no usable summary. The one that was there, if any, stays; try again.";

/** `said` is why the model's provider did not answer, as a sentence that callers may read. */
export const summaryFailed = (said: string | null = null): Failure => ({
  code: "summary_failed",
  detail: [NO_SUMMARY, said ?? ""].join(" ").trim(),
  retryAfterSeconds: 5,
});

export const databaseUnavailable = (): Failure => ({
  code: "database_unavailable",
  detail: "The database did not answer. Nothing was started; try again.",
  retryAfterSeconds: 2,
});

/** It passes only once somebody deletes something, so the caller is not told to try again soon. */
export const databaseFull = (): Failure => ({
  code: "database_full",
  detail: "The database is full: nothing was started or changed. Deleting sessions makes room.",
});

/** No run may start before the journal of earlier runs has reached D1. */
export const runNotLanded = (): Failure => ({
  code: "database_unavailable",
  detail: "The result of an earlier run of this session has not reached the database yet. Try again.",
  retryAfterSeconds: 2,
});

export const sessionUnavailable = (): Failure => ({
  code: "session_unavailable",
  detail: "The session could not be reached. Try again.",
  retryAfterSeconds: 1,
});

export const modelNotConfigured = (): Failure => ({
  code: "model_not_configured",
  detail:
    "No model is configured. Set the secret OPENAI_API_KEY (`wrangler secret put OPENAI_API_KEY`) or OPENAI_BASE_URL.",
});

export const securityKeyNotConfigured = (): Failure => ({
  code: "security_key_not_configured",
  detail:
    "The secret OS_SECURITY_KEY is not set. Set it with `wrangler secret put OS_SECURITY_KEY`; " +
    "to try the server on your own machine, start it with `npm start`, which needs no key.",
});

export const clientTokensNotConfigured = (): Failure => ({
  code: "client_tokens_not_configured",
  detail:
    "The secret CLIENT_TOKEN_SECRET is not set. Make one of at least 32 bytes (`openssl rand -base64 48`) and set it " +
    "with `wrangler secret put CLIENT_TOKEN_SECRET`.",
});

/** The request shows no credential. */
export const unauthorized = (detail: string): Failure => ({ code: "unauthorized", detail });
/** The request shows a credential that does not hold. */
export const invalidCredential = (detail: string): Failure => ({
  code: "unauthorized",
  detail,
  challenge: 'error="invalid_token"',
});
/** Neither the caller's fault nor its credential's: what would say whether it holds does not answer. */
export const authUnavailable = (): Failure => ({
  code: "auth_unavailable",
  detail: "Authentication is temporarily unavailable",
  retryAfterSeconds: 5,
});
export const insufficientScope = (
  scopes: readonly string[],
  detail = `Insufficient permissions. Required scope(s): ${scopes.join(", ")}`,
): Failure => ({
  code: "forbidden",
  detail,
  challenge: `error="insufficient_scope", scope="${scopes.join(" ")}"`,
});
export const cannotGrant = (scopes: readonly string[]): Failure => ({
  code: "forbidden",
  detail: `Cannot grant scope(s) you do not hold: ${scopes.join(", ")}`,
});
export const cannotReplaceLater = (): Failure => forbidden("Cannot replace a token that ends later than your own");
export const cannotWidenLimits = (): Failure =>
  forbidden("Cannot make a token that would have wider limits than your own");
export const forbidden = (detail: string): Failure => ({ code: "forbidden", detail });
/** How long a brake counts, and so how long to wait. */
const BRAKE_SECONDS = 60;
const rateLimited = (detail: string): Failure => ({
  code: "rate_limited",
  detail,
  retryAfterSeconds: BRAKE_SECONDS,
});
export const tooManyRequests = (): Failure => rateLimited(`Too many requests. Try again in ${BRAKE_SECONDS} seconds.`);
/** AgentOS's text. */
export const tooManyFailures = (): Failure => rateLimited("Too many failed authentication attempts");
/** An answer is kept for staff, by `approvalType`. The text is AgentOS's. */
export const adminApprovalRequired = (): Failure =>
  forbidden("This run requires admin approval before it can be continued");
export const mayNotKeepLonger = (): Failure => forbidden("Access denied to keep this session longer");
/** A confined user reads the run as often as it may at once. */
export const tooManyStreams = (of: "run" | "session"): Failure => ({
  code: "rate_limited",
  detail: `Too many streams of this ${of} are open`,
  retryAfterSeconds: 10,
});
export const notFound = (): Failure => ({ code: "not_found", detail: "Not Found" });
export const badRequest = (detail: string): Failure => ({ code: "bad_request", detail });
export const unsupportedFile = (): Failure => ({ code: "unsupported_file", detail: "Unsupported file type" });
export const payloadTooLarge = (what: string, limitBytes: number): Failure => ({
  code: "payload_too_large",
  detail: `${what} is larger than ${limitBytes} bytes.`,
});
export const invalidRequest = (errors: FieldError[]): Failure => ({ code: "invalid_request", detail: errors });
/** The request's body has stopped on its way, or comes too slowly. */
export const bodyTimeout = (): Failure => ({
  code: "body_timeout",
  detail: "The request body did not arrive in time. Send it again.",
});
/** Too many bodies are on their way at once. */
export const serverBusy = (): Failure => ({
  code: "server_busy",
  detail: "Too many large request bodies are arriving at once. Try again.",
  retryAfterSeconds: 5,
});
