export type * from "./api-types.ts";
export {
  type AgainOptions,
  Component,
  EdgeSessions,
  type InboxRequirement,
  type RunOptions,
  type RunTarget,
} from "./client.ts";
export { AlreadyAnswered, ApiError, ConnectionError, RunFailed } from "./errors.ts";
export type { AgentEvent, UnknownEvent } from "./events.ts";
export { List, type Page } from "./list.ts";
export type { OpenRequirement, RequirementKind } from "./requirements.ts";
export { type AnswerOptions, Answers, type RunEnd, RunStream } from "./run-stream.ts";
export { type ConditionalOptions, Sessions } from "./sessions.ts";
export type { Answer, CallOptions, ClientOptions, RequestOptions, Token } from "./transport.ts";
