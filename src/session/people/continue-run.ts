import { answerRights } from "../../domain/approval.ts";
import { actInSession } from "../../domain/audit.ts";
import {
  databaseUnavailable,
  idempotencyConflict,
  runNotContinuable,
  runNotFound,
  sessionUnavailable,
} from "../../domain/error.ts";
import { fail, type Outcome, ok } from "../../domain/outcome.ts";
import { maySee, type Principal } from "../../domain/principal.ts";
import { type AnswerEntry, callName, type Requirement } from "../../domain/requirement.ts";
import { whyNotIn } from "../../domain/retention.ts";
import { isHidden } from "../../domain/session.ts";
import { type ComponentRef, findComponent, isRunOf, type Registry, refOf } from "../../domain/team.ts";
import type { Tool } from "../../domain/tool.ts";
import { decideAnswers, type KnownCalls } from "../../engine/people/answers.ts";
import { NO_HISTORY } from "../../engine/prompt/window.ts";
import { toolAnswers, toolCalls } from "../../engine/run/calls.ts";
import type { Run } from "../../engine/run/state.ts";
import { runTree } from "../../engine/run/stored-run.ts";
import { readOrNull } from "../../store/commit.ts";
import { findContinuation } from "../../store/runs/continue.ts";
import { findRunTree, type StoredTree } from "../../store/runs/stored-tree.ts";
import { allMembers } from "../drive/driven-tree.ts";
import { storedLive } from "../drive/live-run.ts";
import type { LaneContext } from "../lane/run-lane.ts";
import { whyNoRunYet } from "../recovery/leftovers.ts";
import { decideOnLook } from "../row/look-again.ts";
import { type AnswerTerms, applyAnswers, type Continued, type ContinuedRun } from "./apply-answers.ts";

type ContinueContext = Pick<LaneContext, "deps" | "memory" | "leftovers" | "lane">;

/** Answers to a paused run, as they arrive. */
export interface AnswerArrival extends Omit<AnswerTerms, "act"> {
  runId: string;
  component: ComponentRef;
  principal: Principal;
  entries: AnswerEntry[];
  /** Whom the request names as the one who answers. */
  answeredBy: string | null;
}

/** The entries at which a stretch of a run ends. A cancelled run has `run_completed` too. */
const ENDS = new Set(["run_paused", "run_completed", "run_failed"]);

/**
 * Takes answers to what a paused run waits for. Once nothing is open, the run waits to continue, in line with new runs. Else
 * it stays paused and tells what is still open. With a failure none of the answers is stored, nor will be. To be called for
 * one arrival at a time.
 */
export async function admitAnswers(context: ContinueContext, arrival: AnswerArrival): Promise<Outcome<ContinuedRun>> {
  const landed = await context.leftovers.land();
  if (landed !== "landed") {
    return fail(whyNoRunYet(landed));
  }
  return (await decideOnLook(context.memory, () => lookAndAnswer(context, arrival))) ?? fail(sessionUnavailable());
}

async function lookAndAnswer(context: ContinueContext, arrival: AnswerArrival): Promise<Continued> {
  const { deps, memory, lane } = context;
  const { runId, principal } = arrival;
  const notFound = fail(runNotFound(`No runs found for run ID ${runId}`));
  // This loads the waiting runs with the row: those that a dead instance left are taken up first.
  const loaded = await memory.load(NO_HISTORY, false);
  const read = loaded && (await readOrNull(findRunTree(deps.db, { sessionId: deps.sessionId, principal }, runId)));
  if (loaded === null || read === null) {
    return fail(databaseUnavailable());
  }
  lane.takeUp();
  const { session } = loaded;
  const tree = read.value;
  if (session !== null && isHidden(session)) {
    return fail(whyNotIn(session, principal, deps.settings.deleteUndoSeconds));
  }
  if (session === null || tree === null || !maySee(principal, session) || !isRunOf(arrival.component, tree.row)) {
    return notFound;
  }
  const earlier = await earlierAnswer(context, arrival, tree);
  if (earlier !== null) {
    return earlier;
  }
  const reason = whyNotContinuable(lane, tree);
  if (reason !== null) {
    return fail(runNotContinuable(runId, reason));
  }
  const run = runTree(tree, tree.members, tree.requirements);
  const decided = decideAnswers(
    tree.requirements,
    arrival.entries,
    { runId, ...answerRights(principal, arrival.answeredBy), nowMs: deps.now(), knownCalls: knownCalls(run) },
    (requirement) => toolOf(deps, requirement),
  );
  if (!decided.ok) {
    return decided;
  }
  const act = actInSession(principal, session, { action: "run.answered", target: runId });
  return applyAnswers(context, { ...arrival, act }, { tree, run, ...decided.value });
}

/**
 * What an earlier continue with the same key gets: the stretch of the run that it began; null if no earlier
 * one has the key.
 */
async function earlierAnswer(
  { deps, lane }: Pick<ContinueContext, "deps" | "lane">,
  arrival: AnswerArrival,
  tree: StoredTree,
): Promise<Continued | null> {
  const { idempotency, runId } = arrival;
  if (idempotency === null) {
    return null;
  }
  const read = await readOrNull(findContinuation(deps.db, runId, idempotency));
  if (read === null) {
    return fail(databaseUnavailable());
  }
  if (read.value === null) {
    return null;
  }
  const { fieldsDigest, fromEntry } = read.value;
  if (fieldsDigest !== idempotency.fieldsDigest) {
    return fail(idempotencyConflict(runId));
  }
  const { log: told } = runTree(tree, [], []);
  const stop = told.findIndex(({ kind }, at) => at >= fromEntry && ENDS.has(kind));
  if (stop >= 0) {
    return ok({ live: storedLive(tree, stop + 1), fromEntry });
  }
  const live = lane.find(runId);
  if (live !== null) {
    return ok({ live, fromEntry });
  }
  // D1 said that the run goes on, but the run is not in this lane: it has ended since D1 was read.
  return tree.row.status === "RUNNING" || tree.row.waiting ? "look_again" : ok({ live: storedLive(tree), fromEntry });
}

function whyNotContinuable(lane: ContinueContext["lane"], { row, requirements }: StoredTree): string | null {
  if (row.parentRunId !== null) {
    return `it is a member run; continue run ${requirements[0]?.runId ?? row.parentRunId}`;
  }
  if (row.status !== "PAUSED") {
    return `run is ${row.status.toLowerCase()}`;
  }
  if (row.waiting || lane.find(row.runId) !== null) {
    return "all it waited for is answered, and it is about to go on";
  }
  return requirements.length === 0 ? "it is a copy of a paused run" : null;
}

function knownCalls(run: Run): KnownCalls {
  const runs = [run, ...allMembers(run)];
  const results = runs.flatMap((one) =>
    toolAnswers(one).map((answer, nth) => [callName(one.head.runId, nth), answer?.content ?? null] as const),
  );
  return { ids: new Set(runs.flatMap((one) => toolCalls(one).map(({ id }) => id))), results: new Map(results) };
}

/** The tool of a requirement's call, while the deployment has it. */
function toolOf(registry: Registry, requirement: Requirement): Tool | undefined {
  return findComponent(registry, refOf(requirement))?.tools?.find(({ name }) => name === requirement.toolName);
}
