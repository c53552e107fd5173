import { databaseFull, databaseUnavailable, runNotFound, runNotLanded } from "../../domain/error.ts";
import { fail, type Outcome, ok } from "../../domain/outcome.ts";
import { maySee, type Principal } from "../../domain/principal.ts";
import { type ComponentRef, isRunOf } from "../../domain/team.ts";
import { WHOLE_VIEW } from "../../domain/view.ts";
import { EventReader } from "../../engine/events/run-events.ts";
import { NO_HISTORY } from "../../engine/prompt/window.ts";
import { readOrNull } from "../../store/commit.ts";
import { findRunTree } from "../../store/runs/stored-tree.ts";
import type { WireFormat } from "../../wire/translator.ts";
import { eventStream, resumeStream } from "../drive/event-stream.ts";
import { type LiveRun, storedLive } from "../drive/live-run.ts";
import type { Reader } from "../drive/readers.ts";
import { translatorOf } from "../drive/translator-of.ts";
import type { LaneContext } from "../lane/run-lane.ts";
import { continuedTree } from "../lane/start-continued.ts";
import type { ResumeAnswer } from "../run-calls.ts";

type ResumeContext = Pick<LaneContext, "deps" | "memory" | "leftovers" | "lane">;

/** Asks for a run to be read again. */
export interface ResumeRequest {
  runId: string;
  component: ComponentRef;
  principal: Principal;
}

/** The run, live or as it is stored. Fails for a caller who may not see it. */
export async function findToResume(context: ResumeContext, request: ResumeRequest): Promise<Outcome<LiveRun>> {
  const { memory, leftovers, lane } = context;
  const { runId, component, principal } = request;
  // The runs of a dead instance are closed first: a reader gets an end then, not a run that seems to go on.
  const landed = lane.find(runId) === null ? await leftovers.land() : "landed";
  if (landed === "away") {
    return fail(runNotLanded());
  }
  if (landed === "full" && leftovers.has(runId)) {
    return fail(databaseFull());
  }
  const row = await memory.row();
  if (row === null) {
    return fail(databaseUnavailable());
  }
  if (row.value === null || !maySee(principal, row.value)) {
    return fail(runNotFound());
  }
  const live = lane.find(runId);
  if (live !== null && !isUnread(live)) {
    return isRunOf(component, live.row) ? ok(live) : fail(runNotFound());
  }
  return findStored(context, request);
}

/** Whether the run waits to continue and was not read from D1 yet, so that it has nothing to show. */
const isUnread = ({ run, row }: LiveRun): boolean => run === null && row.status === "PAUSED";

async function findStored(
  { deps, memory, lane }: ResumeContext,
  { runId, component, principal }: ResumeRequest,
): Promise<Outcome<LiveRun>> {
  const read = await readOrNull(findRunTree(deps.db, { sessionId: deps.sessionId, principal }, runId));
  if (read === null) {
    return fail(databaseUnavailable());
  }
  const tree = read.value;
  if (tree === null || !isRunOf(component, tree.row)) {
    return fail(runNotFound());
  }
  if (tree.row.waiting && lane.find(runId) === null) {
    // A dead instance left the run waiting. It is taken up first.
    if ((await memory.load(NO_HISTORY, false)) === null) {
      return fail(databaseUnavailable());
    }
    lane.takeUp();
  }
  const live = lane.find(runId);
  if (live === null) {
    // A run that is RUNNING but not in this lane is a member run. Its events are in its team's stream only.
    return tree.row.status === "RUNNING" ? fail(runNotFound()) : ok(storedLive(tree));
  }
  if (isUnread(live)) {
    live.publish(continuedTree(tree));
  }
  return ok(live);
}

/** The events of the run behind the one that the reader saw last. In a format of others they begin with the first one. */
export function resumeAnswer(
  live: LiveRun,
  reader: Reader,
  { lastEventIndex, format }: { lastEventIndex: number | null; format: WireFormat },
): ResumeAnswer {
  const { status } = live.row;
  if (format !== "agentos") {
    const stream = eventStream(live, reader, { translator: translatorOf(live, { format, contentOnly: false }) });
    return { status, missed: missedEvents(live, null), stream, format };
  }
  const missed = missedEvents(live, lastEventIndex);
  return { status, missed, stream: resumeStream(live, reader, { lastEventIndex, missed }), format };
}

/** How many events stand behind the one that was seen last. */
function missedEvents({ run, published }: LiveRun, lastEventIndex: number | null): number {
  const next = (lastEventIndex ?? -1) + 1;
  if (run === null) {
    return 0;
  }
  if (!run.log.some(({ kind }) => kind === "gap")) {
    return Math.max(0, run.eventCount - next);
  }
  const reader = new EventReader(run, WHOLE_VIEW);
  let missed = 0;
  for (let event = reader.next(published); event !== null; event = reader.next(published)) {
    missed += event.event_index >= next ? 1 : 0;
  }
  return missed;
}
