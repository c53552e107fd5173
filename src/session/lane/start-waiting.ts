import { MAX_STATE_BYTES } from "../../domain/limits.ts";
import type { RunError, RunRow, RunTimings } from "../../domain/run.ts";
import { isHidden, type Session } from "../../domain/session.ts";
import { historyWindow } from "../../engine/prompt/window.ts";
import { seconds } from "../../engine/run/metrics.ts";
import { type Committed, commit, readOrNull } from "../../store/commit.ts";
import { findRun } from "../../store/runs/runs.ts";
import { startStatements } from "../../store/runs/writes.ts";
import type { SessionContext } from "../context.ts";
import type { LiveRun } from "../drive/live-run.ts";
import { isNotLanded } from "../recovery/leftovers.ts";
import { decideOnLook, type LookAgain } from "../row/look-again.ts";
import type { Loaded } from "../row/memory.ts";
import { type Resolved, resolve } from "../start/resolve-component.ts";
import { castOf, type LoadedOrigin, loadOrigin } from "../start/run-origin.ts";
import { planStart, type RunStart } from "../start/run-start.ts";
import { mergedState, stateBytes } from "../start/session-start.ts";
import { beginRun, type StartOutcome } from "./begin-run.ts";
import { cancelPaused, storeCancelled } from "./cancelled-run.ts";
import { startContinued } from "./start-continued.ts";

type StartContext = Pick<SessionContext, "deps" | "memory" | "leftovers" | "alarm">;

/**
 * Starts a run that has waited: its messages and its place in history are written now. If its agent is gone, or the
 * deployment has no model, the run starts and fails. It cannot be refused any more, because its caller has had an answer.
 */
export async function startWaitingRun(context: StartContext, live: LiveRun): Promise<StartOutcome> {
  return (await decideOnLook(context.memory, () => lookAndStart(context, live))) ?? "away";
}

async function lookAndStart(context: StartContext, live: LiveRun): Promise<StartOutcome | LookAgain> {
  const { deps, memory } = context;
  const row = await memory.row();
  if (row?.value != null && isHidden(row.value)) {
    return cancelInstead(context, live);
  }
  if (live.row.status === "PAUSED") {
    return startContinued(context, live);
  }
  const queuedMs = deps.now() - live.acceptedAt;
  const resolved = resolve(deps, live.row);
  const window = historyWindow(resolved.component);
  const loadedAt = deps.now();
  const loaded = await memory.load(window, resolved.component.cacheSession === false);
  if (loaded === null) {
    return "away";
  }
  const { session } = loaded;
  if (session === null) {
    return "gone";
  }
  if (isForeign(live.row, session)) {
    return (await storeCancelled(context, live.row, deps.now())) === "cancelled" ? "gone" : "away";
  }
  const origin = await loadOrigin(deps, live.row.origin, window);
  if (origin === null) {
    return "away";
  }
  const timings = { queue: seconds(queuedMs), hydrate: seconds(deps.now() - loadedAt) };
  return startOnLook(context, live, { resolved, loaded, session, origin, timings });
}

/** What a start is decided on. */
interface Look {
  resolved: Resolved;
  loaded: Loaded;
  session: Session;
  /** `gone`: the older run that it is made from does not exist any more, so it begins like a run of its own. */
  origin: LoadedOrigin | "gone";
  timings: RunTimings;
}

async function startOnLook(context: StartContext, live: LiveRun, look: Look): Promise<StartOutcome | LookAgain> {
  const { deps, memory, leftovers } = context;
  const acceptedAt = deps.now();
  const written = await leftovers.writeRow(() => startInLine(context, live.row, look, acceptedAt));
  if (isNotLanded(written) || written === "look_again") {
    return written === "full" ? "away" : written;
  }
  const { start, tooLarge, committed } = written;
  if (committed.kind === "full") {
    // The run goes on waiting, as it does while D1 is away.
    leftovers.forget(live.runId);
  }
  if (committed.kind === "unknown" || committed.kind === "full") {
    return "away";
  }
  if (committed.kind === "refused" || !committed.changed[0]) {
    leftovers.forget(live.runId);
    memory.drop();
    return notStarted(context, live.runId);
  }
  const { resolved, loaded, origin } = look;
  const { component, model, error } = resolved;
  const failure = tooLarge ? STATE_TOO_LARGE : error;
  const history = (origin === "gone" ? null : origin.history) ?? loaded.history;
  const timings = { accept: seconds(deps.now() - acceptedAt) };
  return beginRun(context, live, { start, timings }, { component, model, history, failure, continues: false });
}

interface WrittenStart {
  start: RunStart;
  /** Whether the run's `session_state` would make the state too large. Then it is left out, and the run fails. */
  tooLarge: boolean;
  committed: Committed;
}

/** Plans the start on the row as it stands, and writes it. To be called in line with other writes of the row. */
async function startInLine(
  { deps, memory, leftovers }: StartContext,
  waiting: RunRow,
  { resolved, loaded, session: looked, origin, timings }: Look,
  nowMs: number,
): Promise<WrittenStart | "away" | LookAgain> {
  const session = await memory.rowInLine(looked);
  if (session === "away" || session === "look_again") {
    return session;
  }
  const { component, model } = resolved;
  const byDefault = component.sessionState ?? null;
  const tooLarge = stateBytes(mergedState(session.state, waiting.inputState, byDefault)) > MAX_STATE_BYTES;
  const start = planStart({
    accepted: { ...waiting, fence: deps.newId(), inputState: tooLarge ? null : waiting.inputState },
    session,
    cast: castOf(deps, component),
    model,
    prefix: origin === "gone" ? null : origin.prefix,
    memberSlots: deps.settings.maxMemberRuns,
    cacheUse: loaded.cacheUse,
    timings,
    nowMs,
    newId: deps.newId,
  });
  const { runId, sessionId, runIndex, fence } = start.head;
  const previous = start.withdrawal.previous ?? {};
  leftovers.note(runId, { phase: "starting", note: { runId, sessionId, runIndex: runIndex ?? 0, fence, previous } });
  const { row: run, input, changes } = start;
  const statements = startStatements(deps.db, {
    run,
    sessionFence: session.fence,
    input,
    changes,
    known: memory.texts,
  });
  const committed = await commit(deps.db, statements);
  if (committed.kind === "unknown") {
    // This must happen within the line, so that the next write in line waits until this one has landed.
    leftovers.abandon(runId);
  }
  return { start, tooLarge, committed };
}

/** The session was deleted while the run waited: nothing starts in it. */
async function cancelInstead(
  context: Pick<SessionContext, "deps" | "leftovers">,
  live: LiveRun,
): Promise<StartOutcome> {
  const isStored =
    live.row.status === "PAUSED"
      ? !isNotLanded((await cancelPaused(context, live.runId)).kind)
      : (await storeCancelled(context, live.row, context.deps.now())) === "cancelled";
  return isStored ? "gone" : "away";
}

/** Whether another user has claimed the session since the run was accepted. The run must not see that user's session. */
function isForeign(row: RunRow, session: Session): boolean {
  return row.userId !== null && session.userId !== null && row.userId !== session.userId;
}

/** What became of a run whose start changed nothing. */
async function notStarted({ deps }: Pick<SessionContext, "deps">, runId: string): Promise<"away" | "gone" | LookAgain> {
  const read = await readOrNull(findRun(deps.db, { sessionId: deps.sessionId, principal: null }, runId));
  if (read === null) {
    return "away";
  }
  return read.value?.row.status === "PENDING" ? "look_again" : "gone";
}

const STATE_TOO_LARGE: RunError = {
  type: "session_state_too_large",
  message: `The session's state with this run's session_state merged is larger than ${MAX_STATE_BYTES} bytes.`,
};
