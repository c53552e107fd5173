import {
  type FinishReason,
  type Model,
  type ModelBurst,
  type ModelChunk,
  ModelError,
  type ModelRequest,
  NO_USAGE,
  type ProviderData,
  type ToolCall,
} from "../../domain/model.ts";
import { untilAborted } from "../../lib/abort.ts";
import { cutUtf8, utf8Bytes } from "../../lib/text.ts";
import { type Prompt, toModelMessage } from "../prompt/prompt.ts";
import { type LeftOut, leaveOutMore, NOTHING_LEFT_OUT } from "../prompt/request.ts";
import { roomForCalls, toolRounds } from "../run/calls.ts";
import { modelChangedBytes } from "../run/event-log.ts";
import type { Run, RunFact, Facts } from "../run/state.ts";
import type { DriveDependencies } from "./dependencies.ts";
import { type Asked, askedModel } from "./fallback.ts";
import { modelRequest, sentRequest } from "./model-request.ts";
import { type CallFragments, collectFragment, newFragments, wholeCalls } from "./tool-calls.ts";
import { type Exchange, usedTokens } from "./used-tokens.ts";

type AskDependencies = Pick<
  DriveDependencies,
  | "model"
  | "tools"
  | "dropsHistory"
  | "eventRoom"
  | "reasoningRoom"
  | "providerDataRoom"
  | "newId"
  | "requestDigests"
  | "signal"
  | "limits"
>;

/** What callers are told if the provider refuses whatever it is sent. */
const WHAT_HELPS =
  "If the history is the reason, a smaller window (num_history_runs, maxHistoryBytes), a regenerate, or another model may help.";

/** The longest entry that one delta adds to the log. */
const DELTA_EVENT_BYTES = 48;

/**
 * A character takes up to four bytes. Once fewer are left, reasoning stops for good. Otherwise a later, shorter piece could
 * still fit and leave a gap.
 */
const CHARACTER_BYTES = 4;

export interface Answer {
  text: string;
  calls: ToolCall[];
  /** The answer's provider data. Null if there is none, or if the answer is not kept as it came. */
  aside: Aside | null;
  finishReason: FinishReason;
}

/** Provider data before its source is known; `data` is null if it was too large. */
type Aside = Pick<ProviderData, "data">;

/** What has come of an answer so far. */
interface Streamed extends Exchange {
  fragments: CallFragments;
  aside: Aside | null;
  /** Why the model stopped; `full`: the run has no room for the rest. Null when the answer ended without a reason. */
  end: FinishReason | "full" | null;
}

/** One request to the model; null when the run has ended with it. */
export async function* askModel(run: Run, prompt: Prompt, deps: AskDependencies): AsyncGenerator<Facts, Answer | null> {
  const streamed = yield* streamWithLess(run, prompt, deps);
  if (streamed === null) return null;
  if (deps.signal.aborted) {
    yield { type: "cancelled", uncounted: usedTokens(streamed) };
    return null;
  }
  const answer = wholeAnswer(streamed, outputRoom(run, deps), deps.newId);
  if (answer === null) {
    const message = "The model's answer ended early: no finish reason was seen.";
    yield { type: "failed", error: { type: "model_incomplete", message }, uncounted: usedTokens(streamed) };
    return null;
  }
  yield {
    type: "model_answered",
    usage: streamed.usage,
    ...(streamed.usage.totalTokens === 0 && { uncounted: usedTokens(streamed) }),
    toolCalls: answer.calls,
    ...(answer.aside !== null && {
      providerData: kept(answer.aside, askedModel(deps.model, run.model).model.source, deps),
    }),
  };
  return answer;
}

/** Provider data is kept whole or not at all. Data that is too large leaves a note that it was there. */
function kept({ data }: Aside, source: string, { providerDataRoom }: AskDependencies): ProviderData {
  return { source, data: data !== null && utf8Bytes(data) <= providerDataRoom() ? data : null };
}

/**
 * Asks, and asks again: with less of the history if the provider refuses it, another model if the provider is away. Null
 * when the run has ended.
 */
async function* streamWithLess(
  run: Run,
  prompt: Prompt,
  deps: AskDependencies,
): AsyncGenerator<Facts, Streamed | null> {
  const produced = run.messages.map(toModelMessage);
  for (;;) {
    const left = run.historyDropped ?? NOTHING_LEFT_OUT;
    const asked = askedModel(deps.model, run.model);
    const digests = asked.model.takesDigests ? await deps.requestDigests() : {};
    const made = modelRequest({ prompt, produced, left, toolRounds: toolRounds(run) }, deps);
    const request: ModelRequest = { ...made, ...digests };
    const streamed = yield* stream(run, asked, request, deps);
    if (!(streamed instanceof Failed)) return streamed;
    if (deps.signal.aborted) {
      yield { type: "cancelled", uncounted: streamed.used };
      return null;
    }
    const refused = { left, source: asked.model.source };
    const ways = { less: () => leaveOutMore(prompt, produced, refused), next: asked.next };
    const step = nextStep(run, streamed, ways, deps);
    if (step === null) {
      yield { ...failure(streamed.error), uncounted: streamed.used };
      return null;
    }
    yield step;
  }
}

/** What may still be tried: less of the history, and another model. */
interface Ways {
  less(): LeftOut | null;
  next: Model | null;
}

/** What the next request does otherwise than one that failed; null if nothing is left to try. */
function nextStep(run: Run, { refusal, isAway }: Failed, { less, next }: Ways, deps: AskDependencies): RunFact | null {
  const dropped = refusal !== null && deps.dropsHistory ? less() : null;
  if (refusal !== null && dropped !== null) {
    return { type: "history_dropped", dropped: { ...dropped, reason: refusal } };
  }
  if (!isAway || next === null || deps.eventRoom() < modelChangedBytes(run.model) + DELTA_EVENT_BYTES) return null;
  return { type: "model_changed", model: { id: next.id, provider: next.provider, name: next.name } };
}

/** A request that failed. */
class Failed {
  readonly error: unknown;
  /** Why the provider refused what it was sent, before it said anything; null if the request failed for another reason. */
  readonly refusal: string | null;
  /** Whether the provider was away before it said anything. */
  readonly isAway: boolean;
  /** About how many tokens it has used. A provider that said nothing has not worked, unless nobody waited for it to begin. */
  readonly used: number;

  constructor(error: unknown, { hasBegun, used }: { hasBegun: boolean; used: number }) {
    this.error = error;
    this.used = used;
    this.isAway = error instanceof ModelError && error.isAway && !hasBegun;
    this.refusal = error instanceof ModelError && error.refusesHistory && !hasBegun ? error.message : null;
  }
}

async function* stream(
  run: Run,
  { model, next }: Asked,
  request: ModelRequest,
  deps: AskDependencies,
): AsyncGenerator<Facts, Streamed | Failed> {
  const streamed: Streamed = {
    request,
    text: "",
    reasoningBytes: 0,
    fragments: newFragments(),
    aside: null,
    usage: NO_USAGE,
    end: null,
  };
  let hasBegun = false;
  // Aborted when the run ends as well as when it is cancelled: else the provider goes on with an answer that nobody reads.
  const upstream = new AbortController();
  try {
    const bursts = model.stream(sentRequest(request, next), AbortSignal.any([deps.signal, upstream.signal]));
    for await (const burst of untilAborted(bursts, deps.signal)) {
      // A usage chunk alone does not mean that the answer has begun: a provider may report usage for a request that then
      // fails.
      hasBegun ||= burst.some(({ type }) => type !== "usage");
      yield takeBurst(run, streamed, burst, deps);
      if (streamed.end === "full") break;
    }
    return streamed;
  } catch (error) {
    return new Failed(error, { hasBegun, used: hasBegun || deps.signal.aborted ? usedTokens(streamed) : 0 });
  } finally {
    upstream.abort();
  }
}

/** Adds a burst to the answer, as far as the run has room. Each fact is applied before the next chunk is looked at. */
function* takeBurst(run: Run, streamed: Streamed, burst: ModelBurst, deps: AskDependencies): Generator<RunFact> {
  for (const chunk of burst) {
    const room = chunk.type === "reasoning" ? deps.reasoningRoom() : outputRoom(run, deps);
    const told = take(streamed, chunk, room);
    if (told !== null) yield told;
    if (deps.eventRoom() < DELTA_EVENT_BYTES) streamed.end = "full";
    if (streamed.end === "full") return;
  }
}

/**
 * Adds a chunk to the answer; returns what readers are told of it, if anything. `room` is how many bytes the run may still
 * add: of reasoning if the chunk is reasoning, else of output.
 */
function take(streamed: Streamed, chunk: ModelChunk, room: number): RunFact | null {
  const { fragments } = streamed;
  switch (chunk.type) {
    case "text": {
      const delta = cutUtf8(chunk.delta, Math.max(0, room - fragments.bytes));
      if (delta.length < chunk.delta.length) streamed.end = "full";
      streamed.text += delta;
      return delta === "" ? null : { type: "content", delta };
    }
    case "tool_call":
      collectFragment(fragments, chunk);
      if (fragments.bytes > room) streamed.end = "full";
      return null;
    case "reasoning": {
      streamed.reasoningBytes += utf8Bytes(chunk.delta);
      const delta = room < CHARACTER_BYTES ? "" : cutUtf8(chunk.delta, room);
      return delta === "" ? null : { type: "reasoning", delta };
    }
    case "provider_data":
      streamed.aside = { data: chunk.data };
      return null;
    case "usage":
      streamed.usage = chunk.usage;
      return null;
    case "finish":
      streamed.end = chunk.reason;
      return null;
  }
}

/** The answer with its calls, or without them if they do not fit; null when the provider broke it off. */
function wholeAnswer(streamed: Streamed, room: number, newId: () => string): Answer | null {
  const { text, fragments, end } = streamed;
  if (end === null) return null;
  const cut: Answer = { text, calls: [], aside: null, finishReason: "length" };
  if (end === "full") return cut;
  // Arguments of an answer that was cut off cannot be trusted, and calls without a result spoil later prompts.
  const calls = end === "length" || end === "content_filter" ? [] : wholeCalls(fragments, newId);
  if (roomForCalls(calls) > room) return cut;
  // The provider data mentions the calls. When calls are dropped, the data is dropped too, else the two would contradict
  // each other.
  const aside = calls.length === fragments.byIndex.size ? streamed.aside : null;
  return { text, calls, aside, finishReason: end };
}

function outputRoom(run: Run, { limits }: AskDependencies): number {
  return limits.maxOutputBytes - run.outputBytes;
}

function failure(error: unknown): Extract<RunFact, { type: "failed" }> {
  if (error instanceof ModelError) {
    const message = error.refusesHistory ? `${error.message} ${WHAT_HELPS}` : error.message;
    return { type: "failed", error: { type: error.type, message } };
  }
  // Anything else is a bug. Its message may hold a prompt or a key, so callers are not shown it.
  return { type: "failed", error: { type: "internal", message: "The run failed because of an internal error." } };
}
