import { type Act, auditEntry } from "../../domain/audit.ts";
import { badRequest, databaseFull, databaseUnavailable } from "../../domain/error.ts";
import { MAX_RUN_EVENT_BYTES } from "../../domain/limits.ts";
import { fail, type Outcome, ok } from "../../domain/outcome.ts";
import type { Requirement } from "../../domain/requirement.ts";
import type { Idempotency, OnBusy } from "../../domain/run.ts";
import { type Quota, usageKey } from "../../domain/usage.ts";
import { applyFact } from "../../engine/run/apply-fact.ts";
import { storedLog } from "../../engine/run/event-log.ts";
import type { Run } from "../../engine/run/state.ts";
import { log } from "../../lib/log.ts";
import { commit } from "../../store/commit.ts";
import { type AnsweredRun, storeAnswers } from "../../store/runs/continue.ts";
import type { StoredTree } from "../../store/runs/stored-tree.ts";
import { LiveRun, storedLive } from "../drive/live-run.ts";
import { type Admission, decideAdmission } from "../lane/admission.ts";
import { whyOverQuota } from "../lane/over-quota.ts";
import type { LaneContext } from "../lane/run-lane.ts";
import { continuedTree } from "../lane/start-continued.ts";
import { isNotLanded, whyNotLanded } from "../recovery/leftovers.ts";
import type { LookAgain } from "../row/look-again.ts";

type AnswersContext = Pick<LaneContext, "deps" | "leftovers" | "lane">;

/** The run, and the entry of its event log from which the caller who answered reads on. */
export interface ContinuedRun {
  live: LiveRun;
  fromEntry: number;
}

export type Continued = Outcome<ContinuedRun> | LookAgain;

/** How answers came; `arrivedAt` is milliseconds since the epoch. */
export interface AnswerTerms {
  idempotency: Idempotency | null;
  onBusy: OnBusy;
  arrivedAt: number;
  /** Of a confined caller: what its user may use. */
  quota: Quota | null;
  /** What the audit gets of it; null: nothing. */
  act: Act | null;
}

/** A paused run as it stands, the requirements that are answered now, and those that are open after it. */
export interface Decided {
  tree: StoredTree;
  run: Run;
  answered: Requirement[];
  open: Requirement[];
}

/** Stores answers. If nothing is open after them, the run waits to continue; else it stays paused. */
export function applyAnswers(context: AnswersContext, terms: AnswerTerms, decided: Decided): Promise<Continued> {
  return decided.open.length > 0 ? keepAnswers(context, terms, decided) : letGoOn(context, terms, decided);
}

/**
 * Each answer that leaves something open adds a RunPaused to the event log. Half of the log is kept free for what the run
 * does when it continues.
 */
const MAX_EVENT_BYTES_OF_PAUSES = MAX_RUN_EVENT_BYTES / 2;

/** Stores answers that leave something open. The run stays paused, and its readers are told again what it waits for. */
async function keepAnswers(
  context: Pick<AnswersContext, "deps" | "leftovers">,
  terms: AnswerTerms,
  { tree, run, answered, open }: Decided,
): Promise<Continued> {
  const fromEntry = run.log.length;
  const at = Math.max(0, context.deps.now() - run.head.startedAt);
  applyFact(run, { at, fact: { type: "paused", requirements: [], open: open.map(({ position }) => position) } });
  const events = storedLog(run.log);
  if (run.eventBytes > MAX_EVENT_BYTES_OF_PAUSES) {
    return fail(badRequest("The run can tell no more of its pauses: answer all that is open in one request."));
  }
  const stored = await store(context, terms, tree, { answered, position: null, events, fromEntry, usage: null });
  if (stored !== "stored") {
    return stored;
  }
  const requirements = withAnswers(tree.requirements, answered);
  const row = { ...tree.row, events };
  return ok({ live: storedLive({ ...tree, row, requirements }), fromEntry });
}

function withAnswers(requirements: readonly Requirement[], answered: readonly Requirement[]): Requirement[] {
  const answers = new Map(answered.map((requirement) => [requirement.requirementId, requirement]));
  return requirements.map((one) => answers.get(one.requirementId) ?? one);
}

/** Stores the last answers. The run then waits to continue, as a new run waits to start. */
async function letGoOn(
  context: AnswersContext,
  terms: AnswerTerms,
  { tree, run, answered }: Decided,
): Promise<Continued> {
  const { lane } = context;
  const admission: Admission = decideAdmission(lane.occupancy(), terms.onBusy);
  if (admission.kind === "refuse") {
    return fail(admission.failure);
  }
  const position = admission.kind === "wait" ? admission.position : 0;
  const fromEntry = run.log.length;
  const usage = usageKey(tree.row, withAnswers(tree.requirements, answered));
  const stored = await store(context, terms, tree, { answered, position, events: null, fromEntry, usage });
  if (stored !== "stored") {
    return stored;
  }
  const row = { ...tree.row, waiting: true, position };
  const live = new LiveRun(row, terms.arrivedAt);
  // The caller who answered reads from behind what was told by now, even if the run never continues.
  live.publish(continuedTree({ ...tree, row, requirements: withAnswers(tree.requirements, answered) }));
  lane.enqueue(live);
  if (admission.kind === "wait" && admission.interrupts) {
    lane.interrupt();
  }
  lane.startNext();
  return ok({ live, fromEntry });
}

async function store(
  { deps, leftovers }: Pick<AnswersContext, "deps" | "leftovers">,
  { idempotency, quota, act }: AnswerTerms,
  { row }: StoredTree,
  given: Pick<AnsweredRun, "answered" | "position" | "events" | "usage"> & { fromEntry: number },
): Promise<Continued | "stored"> {
  const { fromEntry, ...answers } = given;
  const answered: AnsweredRun = {
    ...answers,
    runId: row.runId,
    sessionId: row.sessionId,
    previousFence: row.fence,
    fence: deps.newId(),
    key: idempotency === null ? null : { idempotency, fromEntry },
    // Answers that leave something open let nothing run.
    quota: given.position === null ? null : quota,
    nowMs: deps.now(),
    act: act === null ? null : auditEntry(act, deps.newId(), deps.now()),
  };
  const written = await leftovers.writeRow(async () => {
    const { runId, sessionId, previousFence, fence } = answered;
    leftovers.note(runId, {
      phase: "answering",
      note: {
        runId,
        sessionId,
        previousFence,
        fence,
        requirementIds: answered.answered.map(({ requirementId }) => requirementId),
        previousEvents: answered.events === null ? null : row.events,
        key: idempotency,
        usage: answered.usage,
      },
    });
    const committed = await commit(deps.db, storeAnswers(deps.db, answered));
    if (committed.kind === "unknown") {
      leftovers.abandon(runId);
    } else {
      leftovers.forget(runId);
    }
    return committed;
  });
  if (isNotLanded(written)) {
    return fail(whyNotLanded(written));
  }
  if (written.kind === "full") {
    return fail(databaseFull());
  }
  if (written.kind === "unknown") {
    // The answers are taken back now if D1 is back already, else before anything else is written, or by the alarm.
    deps.background(leftovers.land().then(() => {}));
    return fail(databaseUnavailable());
  }
  if (written.kind === "refused") {
    log("error", "answers.refused", { run_id: row.runId, reason: written.constraint });
    return "look_again";
  }
  if (written.changed[0]) {
    return "stored";
  }
  const over = answered.quota && (await whyOverQuota(deps, answered.quota, { newSession: false }));
  return over ?? "look_again";
}
