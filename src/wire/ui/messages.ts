import type { RunRow } from "../../domain/run.ts";
import type { View } from "../../domain/view.ts";
import { EventReader } from "../../engine/events/run-events.ts";
import type { Run } from "../../engine/run/state.ts";
import { withAnswers } from "./answered.ts";
import { MessageFold } from "./fold.ts";
import type { UiMessage } from "./message.ts";
import { RunChunks } from "./run-chunks.ts";

type ShownRow = Pick<RunRow, "runId" | "sessionId" | "runIndex" | "waiting" | "status" | "input" | "origin">;

/**
 * The messages that a run is in a chat: what the user said, and all that the run's stream made of it. None of a run that was
 * replaced, or ended before it started; only the user's of one that has told nothing yet.
 */
export function runMessages(run: Run, row: ShownRow, view: View): UiMessage[] {
  const hasPlace = row.runIndex !== null || row.waiting;
  if (row.status === "REGENERATED" || !hasPlace) {
    return [];
  }
  const answer = run.log.length === 0 ? [] : [answerMessage(run, row, view)];
  return [...userMessages(row), ...answer];
}

/** A run that goes on from a checkpoint without a new message shows none: the older run has it. */
function userMessages({ runId, input, origin }: ShownRow): UiMessage[] {
  const isGoingOn = origin?.type === "continued" && origin.input === null;
  return isGoingOn ? [] : [{ id: `${runId}:user`, role: "user", parts: [{ type: "text", text: input }] }];
}

/** The same translator over the same log as in a stream: so the two cannot differ. */
function answerMessage(run: Run, row: ShownRow, view: View): UiMessage {
  const chunks = new RunChunks(row);
  const fold = new MessageFold();
  const reader = new EventReader(run, view);
  for (const chunk of chunks.open()) fold.add(chunk);
  for (let event = reader.next(run.log.length); event !== null; event = reader.next(run.log.length)) {
    for (const chunk of chunks.of(event, reader.source)) fold.add(chunk);
  }
  if (!goesOn(row)) {
    for (const chunk of chunks.close()) fold.add(chunk);
  }
  return withAnswers(fold.message, run.requirements);
}

const goesOn = ({ status, waiting }: ShownRow): boolean => waiting || status === "RUNNING" || status === "PENDING";
