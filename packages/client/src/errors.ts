import type { FieldError, Requirement, RunRequirement } from "./api-types.ts";

interface Refusal {
  status: number;
  code: string;
  detail: string;
  errors?: FieldError[] | null;
  requestId?: string | null;
  retryAfter?: number | null;
}

/** The server's refusal of a request. */
export class ApiError extends Error {
  override name = "ApiError";
  declare readonly status: number;
  /** What went wrong, as a word that does not change, such as `session_not_found`. */
  declare readonly code: string;
  /** The same as a sentence. */
  declare readonly detail: string;
  /** The fields that are wrong, of a 422. */
  declare readonly errors: FieldError[] | null;
  /** Also in the server's log. */
  declare readonly requestId: string | null;
  /** Seconds. */
  declare readonly retryAfter: number | null;

  constructor(refusal: Refusal) {
    super(`${refusal.status} ${refusal.code}: ${refusal.detail}`);
    Object.assign(this, { errors: null, requestId: null, retryAfter: null }, refusal);
  }
}

/** No answer at all, or one that broke off. */
export class ConnectionError extends Error {
  override name = "ConnectionError";
  /** Of a run's stream: the last event that was read; -1 where none was. */
  declare readonly lastEventIndex: number | null;

  constructor(
    message: string,
    { cause, lastEventIndex = null }: { cause?: unknown; lastEventIndex?: number | null } = {},
  ) {
    super(message, { cause });
    this.lastEventIndex = lastEventIndex;
  }
}

/** A run that ended with status ERROR. */
export class RunFailed extends Error {
  override name = "RunFailed";
  declare readonly runId: string;
  /** The kind of failure, as AgentOS names it. */
  declare readonly type: string | null;

  constructor(runId: string, type: string | null, message: string) {
    super(message);
    this.runId = runId;
    this.type = type;
  }
}

/** Somebody else has answered before. */
export class AlreadyAnswered extends ApiError {
  override name = "AlreadyAnswered";
  /** What was answered, with what and by whom. */
  declare readonly requirements: (RunRequirement | Requirement)[];

  constructor(refusal: ApiError, requirements: (RunRequirement | Requirement)[]) {
    super(refusal);
    this.requirements = requirements;
  }
}

/** The error that an answer with a failure's status stands for. */
export async function refusalOf(response: Response): Promise<ApiError> {
  const text = await response.text();
  const said = parsed(text);
  const { detail } = said;
  const errors = Array.isArray(detail) ? (detail as FieldError[]) : null;
  const retryAfter = Number.parseFloat(response.headers.get("Retry-After") ?? "");
  return new ApiError({
    status: response.status,
    code: typeof said.code === "string" ? said.code : "unknown",
    detail:
      errors?.map(({ loc, msg }) => `${loc?.join(".")}: ${msg}`).join("; ") ??
      String(detail ?? (text.slice(0, 300) || "No text. A redirect is not followed.")),
    errors,
    requestId: response.headers.get("X-Request-Id"),
    retryAfter: Number.isNaN(retryAfter) ? null : retryAfter,
  });
}

/** What is no JSON object comes from something between here and the server. */
function parsed(text: string): { detail?: unknown; code?: unknown } {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}
