import {
  type FinishReason,
  ModelError,
  type ModelMessage,
  NO_USAGE,
  type ToolCall,
  type Usage,
} from "../../domain/model.ts";
import { untilAborted } from "../../lib/abort.ts";
import { cutUtf8, utf8Bytes } from "../../lib/text.ts";
import type { DriveDependencies } from "./drive-run.ts";
import { roomForCalls } from "../run/calls.ts";
import type { Run, RunFact } from "../run/state.ts";
import { type CallFragments, collectFragment, newFragments, wholeCalls } from "./tool-calls.ts";
import { toolRounds } from "./tool-round.ts";

/** The longest entry that one delta adds to the log. */
const DELTA_EVENT_BYTES = 48;

export interface Answer {
  text: string;
  calls: ToolCall[];
  finishReason: FinishReason;
}

/** One request to the model; null when the run has ended with it. */
export async function* askModel(
  run: Run,
  messages: ModelMessage[],
  deps: DriveDependencies,
): AsyncGenerator<RunFact, Answer | null> {
  const { limits, signal } = deps;
  const outputRoom = () => limits.maxOutputBytes - run.outputBytes;
  // Aborted by the run's end as well as by its cancellation, so that nothing goes on upstream that nobody reads.
  const upstream = new AbortController();
  const toolChoice = toolRounds(run) < limits.maxToolRounds ? "auto" : "none";
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
        const room = outputRoom() - fragments.bytes;
        const delta = utf8Bytes(chunk.delta) <= room ? chunk.delta : cutUtf8(chunk.delta, Math.max(0, room));
        full = delta.length < chunk.delta.length;
        if (delta !== "") {
          text += delta;
          yield { type: "content", delta };
        }
      } else if (chunk.type === "tool_call") {
        collectFragment(fragments, chunk);
        full = fragments.bytes > outputRoom();
      } else if (chunk.type === "usage") {
        usage = chunk.usage;
      } else if (chunk.type === "finish") {
        finishReason = chunk.reason;
      }
      if (full || deps.eventRoom() < DELTA_EVENT_BYTES) {
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
  if (roomForCalls(calls) > outputRoom()) {
    yield { type: "model_answered", usage, toolCalls: [] };
    return { text, calls: [], finishReason: "length" };
  }
  yield { type: "model_answered", usage, toolCalls: calls };
  return { text, calls, finishReason };
}

function failure(error: unknown): RunFact {
  if (error instanceof ModelError) {
    return { type: "failed", error: { type: error.type, message: error.message } };
  }
  // Anything else is a bug; its message may hold anything, so it is not shown.
  return { type: "failed", error: { type: "internal", message: "The run failed because of an internal error." } };
}
