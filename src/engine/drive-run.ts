import {
  type FinishReason,
  type Model,
  ModelError,
  type ModelMessage,
  NO_USAGE,
  type ToolCall,
  type ToolSpec,
  type Usage,
} from "../domain/model.ts";
import type { RunFinishReason } from "../domain/run.ts";
import { untilAborted } from "../lib/abort.ts";
import { cutUtf8, utf8Bytes } from "../lib/text.ts";
import { PLAIN_ENTRY_BYTES } from "./event-log.ts";
import { type Run, type RunFact, toolCallBytes, toolResultBytes } from "./run-state.ts";
import { type CallFragments, collectFragment, newFragments, wholeCalls } from "./tool-calls.ts";

/** What a tool answered, or why it could not; `text` is what the model reads. */
export interface ToolResult {
  text: string;
  isError: boolean;
}

export interface DriveDependencies {
  model: Model;
  tools: ToolSpec[];
  /** Must not throw or reject; answers by itself when the signal aborts. */
  callTool(call: ToolCall, signal: AbortSignal): Promise<ToolResult>;
  newId(): string;
  /** Aborts when the run is cancelled. */
  signal: AbortSignal;
  limits: { maxToolRounds: number; maxOutputBytes: number; maxEventBytes: number };
}

/** Events that every run still tells when it stops at the limit. */
const CLOSING_EVENT_BYTES = 8 * PLAIN_ENTRY_BYTES;
/** The longest entry that one delta adds to the log. */
const DELTA_EVENT_BYTES = 40;
const CUT_NOTE = "\n[cut: the run's output limit was reached]";
const NOT_RUN = "Not run: the run reached a limit.";

/**
 * Asks the model and runs tools until the run ends. Yields facts and reads the run, which the caller changes by
 * applying each fact before it asks for the next; a tool starts only after its `tool_started` was taken, so what the
 * caller wrote down is never behind what was done. The last fact is `completed`, `failed` or `cancelled`. Does not throw.
 */
export async function* driveRun(
  run: Run,
  prompt: readonly ModelMessage[],
  deps: DriveDependencies,
): AsyncGenerator<RunFact> {
  yield { type: "run_started" };
  const conversation: ModelMessage[] = [...prompt];
  for (let round = 0; ; round++) {
    if (deps.signal.aborted) {
      return yield { type: "cancelled" };
    }
    yield { type: "model_requested", messageId: deps.newId() };
    const answer = yield* askModel(run, conversation, round, deps);
    if (answer === null) {
      return;
    }
    if (answer.calls.length === 0) {
      return yield* complete(answer.finishReason);
    }
    conversation.push({ role: "assistant", content: answer.text, toolCalls: answer.calls });
    const outcome = yield* runTools(run, answer.calls, round, conversation, deps);
    if (outcome !== "next_round") {
      return;
    }
  }
}

interface Answer {
  text: string;
  calls: ToolCall[];
  finishReason: FinishReason;
}

/** One request to the model; null when the run has ended with it. */
async function* askModel(
  run: Run,
  messages: ModelMessage[],
  round: number,
  deps: DriveDependencies,
): AsyncGenerator<RunFact, Answer | null> {
  const { limits, signal } = deps;
  // Aborted by the run's end as well as by its cancellation, so that nothing goes on upstream that nobody reads.
  const upstream = new AbortController();
  const toolChoice = round < limits.maxToolRounds ? "auto" : "none";
  const fragments: CallFragments = newFragments();
  let text = "";
  let usage: Usage = NO_USAGE;
  let finishReason: FinishReason | null = null;
  let full = false;
  try {
    const request = { messages, tools: deps.tools, toolChoice } as const;
    const chunks = deps.model.stream(request, AbortSignal.any([signal, upstream.signal]));
    for await (const chunk of untilAborted(chunks, signal)) {
      if (chunk.type === "text" && chunk.delta !== "") {
        const room = outputRoom(run, limits) - fragments.bytes;
        const delta = utf8Bytes(chunk.delta) <= room ? chunk.delta : cutUtf8(chunk.delta, Math.max(0, room));
        full = delta.length < chunk.delta.length;
        if (delta !== "") {
          text += delta;
          yield { type: "content", delta };
        }
      } else if (chunk.type === "tool_call") {
        collectFragment(fragments, chunk);
        full = fragments.bytes > outputRoom(run, limits);
      } else if (chunk.type === "usage") {
        usage = chunk.usage;
      } else if (chunk.type === "finish") {
        finishReason = chunk.reason;
      }
      if (full || eventRoom(run, limits) < DELTA_EVENT_BYTES) {
        full = true;
        break;
      }
    }
  } catch (error) {
    yield signal.aborted ? { type: "cancelled" } : failure(error);
    return null;
  } finally {
    upstream.abort();
  }
  if (signal.aborted) {
    yield { type: "cancelled" };
    return null;
  }
  if (full) {
    yield { type: "model_answered", usage, toolCalls: [] };
    return { text, calls: [], finishReason: "length" };
  }
  if (finishReason === null) {
    const message = "The model's answer ended early: no finish reason was seen.";
    yield { type: "failed", error: { type: "model_incomplete", message } };
    return null;
  }
  // Arguments of an answer that was cut off cannot be trusted, and calls without a result spoil later prompts.
  const calls = finishReason === "length" || finishReason === "content_filter" ? [] : wholeCalls(fragments, deps.newId);
  if (toolCallBytes(calls) > outputRoom(run, limits)) {
    yield { type: "model_answered", usage, toolCalls: [] };
    return { text, calls: [], finishReason: "length" };
  }
  yield { type: "model_answered", usage, toolCalls: calls };
  return { text, calls, finishReason };
}

async function* runTools(
  run: Run,
  calls: ToolCall[],
  round: number,
  conversation: ModelMessage[],
  deps: DriveDependencies,
): AsyncGenerator<RunFact, "next_round" | "ended"> {
  const { limits, signal } = deps;
  let stopped: RunFinishReason | null = round >= limits.maxToolRounds ? "tool_rounds" : null;
  for (const call of calls) {
    if (stopped === null && eventRoom(run, limits) < 2 * PLAIN_ENTRY_BYTES) {
      stopped = "length";
    }
    if (stopped !== null) {
      // Kept short, and counted on no limit: a call without any result would make every later prompt invalid.
      yield { type: "tool_skipped", messageId: deps.newId(), result: NOT_RUN };
      continue;
    }
    yield { type: "tool_started" };
    const result = await deps.callTool(call, signal);
    if (signal.aborted) {
      yield { type: "cancelled" };
      return "ended";
    }
    const room = outputRoom(run, limits) - toolResultBytes(call, "");
    const fits = utf8Bytes(result.text) <= room;
    const text = fits ? result.text : cutUtf8(result.text, Math.max(0, room - CUT_NOTE.length)) + CUT_NOTE;
    stopped = fits ? null : "length";
    yield { type: "tool_ended", messageId: deps.newId(), result: text, isError: result.isError };
    conversation.push({ role: "tool", toolCallId: call.id, toolName: call.name, content: text });
  }
  if (stopped === null) {
    return "next_round";
  }
  yield* complete(stopped);
  return "ended";
}

function* complete(finishReason: RunFinishReason): Generator<RunFact> {
  yield { type: "content_completed" };
  yield { type: "completed", finishReason };
}

function outputRoom(run: Run, limits: DriveDependencies["limits"]): number {
  return limits.maxOutputBytes - run.outputBytes;
}

function eventRoom(run: Run, limits: DriveDependencies["limits"]): number {
  return limits.maxEventBytes - run.eventBytes - CLOSING_EVENT_BYTES;
}

function failure(error: unknown): RunFact {
  if (error instanceof ModelError) {
    return { type: "failed", error: { type: error.type, message: error.message } };
  }
  // Anything else is a bug; its message may hold anything, so it is not shown.
  return { type: "failed", error: { type: "internal", message: "The run failed because of an internal error." } };
}
