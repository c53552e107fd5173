import type { ErrorHandler, NotFoundHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import { matchedRoutes } from "hono/route";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import {
  AppError,
  databaseFull,
  databaseUnavailable,
  type ErrorCode,
  type Failure,
  notFound,
} from "../domain/error.ts";
import type { Outcome } from "../domain/outcome.ts";
import { saysFull } from "../lib/database-full.ts";
import { errorFields, log } from "../lib/log.ts";
import type { AppContext, AppEnv } from "./context.ts";
import { headerText } from "./headers.ts";

const STATUS = {
  agent_not_found: 404,
  team_not_found: 404,
  session_not_found: 404,
  run_not_found: 404,
  job_not_found: 404,
  database_not_found: 404,
  service_account_not_found: 404,
  service_account_exists: 409,
  service_account_ended: 409,
  session_exists: 409,
  session_deleted: 409,
  idempotency_conflict: 409,
  run_active: 409,
  run_not_continuable: 409,
  requirement_answered: 409,
  precondition_failed: 412,
  queue_full: 429,
  name_refused: 422,
  summary_failed: 503,
  invalid_request: 422,
  bad_request: 400,
  payload_too_large: 413,
  body_timeout: 408,
  server_busy: 503,
  unsupported_file: 400,
  database_unavailable: 503,
  database_full: 507,
  session_unavailable: 503,
  model_not_configured: 503,
  security_key_not_configured: 503,
  client_tokens_not_configured: 503,
  unauthorized: 401,
  auth_unavailable: 503,
  forbidden: 403,
  rate_limited: 429,
  quota_exceeded: 429,
  not_found: 404,
  method_not_allowed: 405,
  internal: 500,
} as const satisfies Record<ErrorCode, ContentfulStatusCode>;

const INTERNAL: Failure = { code: "internal", detail: "Internal Server Error" };

/** The answer to an expected failure: AgentOS's `detail`, with a closed `code` and the request's id. */
function errorResponse(c: AppContext, failure: Failure): Response {
  const body = { detail: failure.detail, code: failure.code, request_id: c.get("requestId") };
  return c.json(body, STATUS[failure.code], {
    ...(failure.retryAfterSeconds !== undefined && { "Retry-After": String(failure.retryAfterSeconds) }),
    ...(failure.runId !== undefined && { "X-Run-Id": headerText(failure.runId) }),
    ...challengeOf(failure),
    ...failure.headers,
  });
}

/** A 401 always has the header; with what was wrong, if something was shown. */
function challengeOf({ code, challenge }: Failure): Record<string, string> {
  if (challenge !== undefined) return { "WWW-Authenticate": `Bearer ${challenge}` };
  return code === "unauthorized" ? { "WWW-Authenticate": "Bearer" } : {};
}

/** The value of an outcome. A failure is thrown, and becomes the answer. */
export function unwrap<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value;
  throw new AppError(outcome.failure);
}

/**
 * Answers what was thrown: a failure of ours, an error of Hono's, or a D1 that is full or away. Anything else is a bug: it is logged
 * once, and the caller is not told what it is.
 */
export const onError: ErrorHandler<AppEnv> = (error, c) => {
  if (error instanceof AppError) return expected(c, error.failure);
  if (error instanceof HTTPException && error.status < 500) return expected(c, fromHono(error));
  if (saysFull(error)) return expected(c, databaseFull());
  if (isDatabaseAway(error)) return expected(c, databaseUnavailable());
  log("error", "request.failed", { ...requestFields(c), ...errorFields(error) });
  return errorResponse(c, INTERNAL);
};

export const onNotFound: NotFoundHandler<AppEnv> = (c) => errorResponse(c, notFound());

/**
 * `methods` are the methods of all routes that fit the path. If a route is exactly this path, only its methods, `own`, are
 * answered: `/sessions/bulk` fits `/sessions/{session_id}` too, but is no session.
 */
export function onMethodNotAllowed(c: AppContext, methods: string[], own: readonly string[]): Response {
  const answer = errorResponse(c, { code: "method_not_allowed", detail: "Method Not Allowed" });
  answer.headers.set("Allow", (own.length > 0 ? own : methods).join(", "));
  return answer;
}

function expected(c: AppContext, failure: Failure): Response {
  if (STATUS[failure.code] >= 500) log("warn", "request.refused", { ...requestFields(c), code: failure.code });
  return errorResponse(c, failure);
}

/**
 * Whether D1 is away, as the texts of Drizzle and D1 tell. A wrong statement (SQLITE_ERROR) is a bug: a
 * retry would not help.
 */
function isDatabaseAway(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (/SQLITE_(ERROR|CONSTRAINT|TOOBIG|MISMATCH)/.test(cause.message)) return false;
    if (cause.message.startsWith("D1_")) return true;
  }
  return error instanceof Error && error.message.startsWith("Failed query");
}

const CODE_BY_STATUS: Partial<Record<number, ErrorCode>> = {
  401: "unauthorized",
  403: "forbidden",
  404: "not_found",
  405: "method_not_allowed",
  413: "payload_too_large",
};

function fromHono(error: HTTPException): Failure {
  return { code: CODE_BY_STATUS[error.status] ?? "bad_request", detail: error.message || "Bad Request" };
}

/** Log lines name the route, not the path: paths and queries hold user ids, names and what people search for. */
export function requestFields(c: AppContext) {
  // The steps before the routes match as `ALL`.
  const route = matchedRoutes(c).find(({ method }) => method !== "ALL")?.path ?? null;
  return { request_id: c.get("requestId"), method: c.req.method, route };
}
