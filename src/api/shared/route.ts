import { createRoute, OpenAPIHono, type RouteConfig, z } from "@hono/zod-openapi";
import { AppError, type Failure, invalidRequest } from "../../domain/error.ts";
import { MAX_BODY_BYTES } from "../../domain/limits.ts";
import { readJsonBody } from "../../http/body.ts";
import { brakeRunStarts } from "../../http/brakes.ts";
import type { AppEnv, Middleware } from "../../http/context.ts";
import { fieldErrors, type Location } from "../../http/field-errors.ts";
import { limitBody, limitHistory } from "../../http/limits.ts";
import { readUser, USER_ID } from "../../http/named-user.ts";
import { type RouteScope, routeScope, scopesOf } from "../../http/scope.ts";
import { notByFolding } from "../../http/url.ts";
import type { History } from "../../lib/newest-items.ts";
import { ErrorBody, optionalParameter, UserId } from "./request-fields.ts";

// How routes are declared: one zod schema validates a request and describes it in `/openapi.json`. What a schema refuses is
// answered as AgentOS's 422, before the handler runs.

const LOCATIONS: Record<string, Location> = {
  json: "body",
  form: "body",
  param: "path",
  query: "query",
  header: "header",
};

/** A router for routes made with `defineRoute`. A slash at the end of a path makes no difference. */
export function newRouter(): OpenAPIHono<AppEnv> {
  return new OpenAPIHono<AppEnv>({
    strict: false,
    defaultHook: (result: { success: boolean; target: string; error?: z.ZodError; data?: unknown }) => {
      if (result.error === undefined) return;
      const at = LOCATIONS[result.target] ?? "body";
      throw new AppError(invalidRequest(fieldErrors(result.error, at, result.data)));
    },
  });
}

export type Router = ReturnType<typeof newRouter>;

type Declaration<Path extends string> = Omit<RouteConfig, "path"> & {
  path: Path;
  /** The operation's name in generated clients: unique, in snake_case as AgentOS's. */
  operationId: string;
  summary: string;
  /** What a caller has to know beyond the summary. The scope stands in the document without it. */
  description: string;
  /** Of `TAGS`. */
  tags: string[];
  /** What the caller must hold; the first thing that a request is checked for. It stands in the document. */
  scope: RouteScope;
  /** Of a body that brings a client's whole history: where that stands, and what is said of one that is too large. */
  history?: { in: History; tooLarge: Failure };
  /** Whether each request costs a model, reads very much, or leaves rows that stay: then end users may send few of them in a minute. */
  isCostly?: true;
  /**
   * What a `user_id` means. `caller`: only that user's sessions exist for the request. `owner`: what comes in belongs to
   * that user, and the body is left to the handler. `none`: nothing, because the route answers all users alike.
   */
  user: "caller" | "owner" | "none";
};

/**
 * Declares a route. Its JSON body is read whatever its content type says. The user that a request names is read and
 * described here, alike for all routes. The failures that any request may be answered with are added to the document.
 * Handlers answer failures with `throw new AppError(…)` or `unwrap(outcome)`.
 */
export function defineRoute<Path extends string, Route extends Declaration<Path>>(route: Route & { path: Path }) {
  return createRoute<Path, Route>({
    ...route,
    ...(route.user !== "none" && { request: withUserParameter(route) }),
    responses: {
      ...failures(...commonFailures(route)),
      ...route.responses,
    },
    middleware: middlewareOf(route),
    ...describedScope(route),
    // These are ours, and must not stand in the document.
    user: undefined,
    scope: undefined,
    isCostly: undefined,
    history: undefined,
  });
}

/** What the route needs, as readers of the document and generators of clients see it. */
function describedScope({ scope, description }: Declaration<string>) {
  if (scope === "open") return { security: [] };
  const scopes = scopesOf(scope);
  if (scopes.length === 0) return {};
  const sentence = `Needs ${scopes.map((one) => `\`${one}\``).join(scope.length === 1 ? " or " : " and ")}.`;
  return { description: [description, sentence].filter(Boolean).join(" "), "x-required-scopes": scopes };
}

function middlewareOf(route: Declaration<string>): Middleware[] {
  const { user, scope, isCostly, history, method, path, request } = route;
  const body = request?.body;
  const json = body?.content["application/json"];
  const takesJson = json !== undefined && "schema" in json && json.schema instanceof z.ZodType;
  const isEverybodysList = method === "get" && !path.includes("{");
  return [
    routeScope(scope),
    ...(isCostly ? [brakeRunStarts()] : []),
    ...(history === undefined ? [] : [limitHistory(history.in, history.tooLarge)]),
    ...(readsBody(route) && history === undefined ? [limitBody(MAX_BODY_BYTES)] : []),
    ...(user === "none" ? [] : [readUser(UserId, { readsBody: user === "caller" })]),
    ...(user === "caller" && isEverybodysList ? [notByFolding()] : []),
    ...(takesJson ? [readJsonBody(body?.required ?? false)] : []),
  ];
}

const USERS = {
  caller:
    "Only this user's sessions exist then. It may also stand at the top level of a body; one that is empty, or another one there, is refused. Without `users:act` it is not heeded: the caller's own sessions exist.",
  owner: "The owner of all that comes in.",
};

/** The route's request, with `user_id` among its query parameters if the path does not have `user_id`. */
function withUserParameter({ user, path, request }: Declaration<string>): RouteConfig["request"] {
  const query = request?.query ?? z.object({});
  if (user === "none" || path.includes(`{${USER_ID}}`) || !(query instanceof z.ZodObject)) return request;
  const described = optionalParameter(UserId).openapi({ description: USERS[user] });
  return { ...request, query: query.extend({ [USER_ID]: described }) };
}

/** Where an import is sent: the only route whose body has no limit, because its handler reads it as a stream. */
export const IMPORT_PATH = "/import";

/** Whether the body of a request is read before the handler: where the route takes one, or it may name a user. */
const readsBody = ({ path, user, request }: Declaration<string>): boolean =>
  path !== IMPORT_PATH && (user !== "none" || request?.body !== undefined);

/** Requests to these paths, and below them, may name a database. One that is not this server's is not found. */
export const DATABASE_PATHS = ["/sessions", "/users"];

/** The failures that are answered without the handler: before it runs, or for a method that the path does not have. */
function commonFailures(route: Declaration<string>): FailureStatus[] {
  const { path, scope, user, method } = route;
  return [
    // For a path whose escapes are not UTF-8, or a body that cannot be read.
    ...(path.includes("{") || user !== "none" ? ([400] as const) : []),
    ...(scope !== "open" ? ([401] as const) : []),
    403,
    ...(DATABASE_PATHS.some((one) => path === one || path.startsWith(`${one}/`)) ? ([404] as const) : []),
    405,
    ...(readsBody(route) ? ([408, 413] as const) : []),
    422,
    // Every request of an end user is counted.
    ...(scope !== "open" ? ([429] as const) : []),
    500,
    503,
    ...(method === "get" ? [] : ([507] as const)),
  ];
}

/** An answer in the document. `content` is optional, so that the types let handlers answer any Response. */
interface Answer {
  description: string;
  content?: Record<string, { schema: z.ZodType }>;
  headers?: AnswerHeaders;
}

type AnswerHeaders = Record<string, { description: string; schema: { type: "string" | "integer"; example?: string } }>;

/** A JSON answer for `responses`. */
export function json(schema: z.ZodType, description: string, headers?: AnswerHeaders): Answer {
  return { description, content: { "application/json": { schema } }, ...(headers !== undefined && { headers }) };
}

/** A JSON body for `request.body`. If the body is optional, a request without one is validated as `{}`. */
export function jsonBody<Schema extends z.ZodType>(schema: Schema, options: { required: boolean }) {
  return { required: options.required, content: { "application/json": { schema } } };
}

/** A body for `request.body` that the handler reads by itself: `parseFields(schema, await readRunBody(c))`. */
export function formOrJsonBody(name: string, schema: z.ZodType, { required } = { required: true }) {
  const described = { schema: reference(name, schema) };
  return {
    required,
    content: {
      "multipart/form-data": described,
      "application/x-www-form-urlencoded": described,
      "application/json": described,
    },
  };
}

/** A body for `request.body` that the handler reads by itself, as `formOrJsonBody`, for clients that send JSON only. */
export function plainJsonBody(name: string, schema: z.ZodType) {
  return { required: true, content: { "application/json": { schema: reference(name, schema) } } };
}

/** A body for `request.body` that the handler reads by itself: `readPatchBody(c)`, then `parseFields`. */
export function jsonOrMergePatchBody(plain: NamedBody, mergePatch: NamedBody) {
  return {
    required: true,
    content: {
      "application/json": { schema: reference(...plain) },
      "application/merge-patch+json": { schema: reference(...mergePatch) },
    },
  };
}

const FAILURES = {
  400: "The request cannot be read, or asks for what is not supported",
  401: "The credential is missing or wrong",
  403: "The caller lacks a scope, or asks for what is not its own. Without a security key: the request came by another name than this machine's, or from a page that may not call",
  404: "It does not exist, or belongs to someone else",
  405: "The path has other methods: `Allow` names them. Your client may have changed the path: URL parsers take out an id `.` or `..`",
  408: "The body did not arrive in time: 30 seconds without a byte, or 120 seconds in all",
  409: "It contradicts what is there already",
  412: "It has changed since: no ETag of `If-Match` is its own",
  413: "The body or a field is too large",
  422: "A field is missing or wrong: `detail` lists each",
  429: "Too much is waiting, was asked for of late, or was used today: try again after `Retry-After` seconds. `code` says which",
  500: "A fault of the server",
  503: "The server cannot do this now, or is not configured for it",
  507: "The database is full: nothing was started or changed. Deleting sessions makes room",
};

type FailureStatus = keyof typeof FAILURES;

const FAILURE_HEADERS: Partial<Record<FailureStatus, AnswerHeaders>> = {
  401: header("WWW-Authenticate", "string", "`Bearer`."),
  403: header("WWW-Authenticate", "string", "`Bearer` with the scope that is lacking; only where one is."),
  405: header("Allow", "string", "The methods of the path."),
  429: {
    ...header("Retry-After", "integer", "Seconds."),
    ...header("RateLimit-Policy", "string", "The quota that is used up; with `code` `quota_exceeded`."),
    ...header("RateLimit", "string", "What is left of it, and for how many seconds; with `code` `quota_exceeded`."),
  },
  503: header("Retry-After", "integer", "Seconds; not where the deployment is not configured."),
};

function header(name: string, type: "string" | "integer", description: string): AnswerHeaders {
  return { [name]: { description, schema: { type } } };
}

/** Failures for `responses`, by status. */
export function failures(...statuses: FailureStatus[]): Record<number, Answer> {
  return Object.fromEntries(
    statuses.map((status) => [status, json(ErrorBody, FAILURES[status], FAILURE_HEADERS[status])]),
  );
}

/** A schema, with its name in the document. */
type NamedBody = [name: string, schema: z.ZodType];

/** For the document: the bodies that handlers read by themselves. */
export const namedBodies = new Map<string, z.ZodType>();

/**
 * A schema as a reference by its name. Given the zod schema of a form, zod-openapi would validate each content type by
 * itself and refuse a body without a content type. So handlers validate such bodies instead.
 */
function reference(...[name, schema]: NamedBody) {
  namedBodies.set(name, schema);
  return { $ref: `${COMPONENTS}${name}` };
}

export const COMPONENTS = "#/components/schemas/";
