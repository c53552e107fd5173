import type { z } from "zod";
import { AppError, badRequest } from "../../domain/error.ts";
import type { JsonObject } from "../../domain/json.ts";
import { MAX_MESSAGE_BYTES, MAX_STATE_BYTES } from "../../domain/limits.ts";
import { limitBytes } from "../../http/limits.ts";
import type { ReadMode } from "../../session/run-calls.ts";
import type { runBody } from "./contract.ts";

type Fields = z.infer<(typeof runBody)["agent"]["fields"]>;

/** What a run request asks for, as it is stored. */
export interface RunInput {
  message: string;
  sessionState: JsonObject | null;
  read: ReadMode;
}

/** Throws the 413 for a field that is too large. */
export function runInput(fields: Fields): RunInput {
  const message = fields.message.toWellFormed();
  const sessionState = fields.session_state ?? null;
  limitRunInput(message, sessionState);
  const read = fields.background && !fields.stream ? { kind: "background" as const } : readMode(fields);
  return { message, sessionState, read };
}

/** Throws the 413 for a message or a state that is larger than a run's may be. */
export function limitRunInput(message: string, sessionState: JsonObject | null): void {
  limitBytes("message", message, MAX_MESSAGE_BYTES);
  limitBytes("session_state", JSON.stringify(sessionState), MAX_STATE_BYTES);
}

/** How the fields of a request say that its run is read. */
export const readMode = (fields: { stream: boolean; stream_events: boolean }): ReadMode =>
  fields.stream ? { kind: "stream", contentOnly: !fields.stream_events } : { kind: "whole" };

/** Throws AgentOS's 400, and not a 422, if a request about a run does not name its session. */
export function requireSessionId(sessionId: string | undefined): string {
  if (sessionId === undefined) throw new AppError(badRequest("session_id is required for this action"));
  return sessionId;
}
