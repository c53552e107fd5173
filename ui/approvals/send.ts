import { ApiError } from "../../packages/client/src/index.ts";
import { may, me } from "../access/access.ts";
import { goesOn } from "../conversation/shown-runs.ts";
import { api, refused } from "../server/api.ts";
import { toldOf } from "../server/failure.ts";
import { pollNow } from "../server/poll.ts";
import { asOwner } from "../sessions/owner.ts";
import { texts } from "../texts/index.ts";
import { problemsOf, type ReadyAnswer, readAnswer, type Verdict } from "./answer.ts";
import type { Asked, WaitingRun } from "./asked.ts";
import { cardOf, settle } from "./cards.ts";
import { lookUp, pathOfRun } from "./fate.ts";

export interface Given {
  asked: Asked;
  verdict: Verdict;
}

const ANSWER_MS = 15_000;

/** Whether this caller may answer it. */
export const mayAnswer = ({ of }: WaitingRun, { isForStaff }: Pick<Asked, "isForStaff">): boolean =>
  may(`${of.kind}s:run`, of.id) && (!isForStaff || may("approvals:write"));

/** Whom the server keeps as the one who answered. Where staff answers in a user's session, that is not the user. */
export const answerer = (): string | null => me.peek()?.user_id ?? me.peek()?.actor ?? null;

/** By run: what was sent without that anybody knows whether it came. Sent again as it was, it is the same answer. */
const unsure = new Map<string, { body: string; key: string }>();

/**
 * Sends what a person has said, once, and shows on the cards what came of it. Nothing is sent where something of it cannot be
 * right.
 */
export async function sendAnswers(run: WaitingRun, given: readonly Given[]): Promise<void> {
  const cards = given.map(({ asked }) => cardOf(asked.id));
  if (cards.some(({ fate }) => fate.peek().state !== "open")) return;
  const ready = readAll(given);
  if (ready === null) return;
  const failed = failureFor(run, given);
  failed.value = null;
  for (const { fate } of cards) fate.value = { state: "sending" };
  try {
    await post(run, ready);
    goesOn(run.runId);
    const [by, at] = [answerer(), new Date().toISOString()];
    for (const { entry, how, said } of ready) settle(entry.id, { how, said, by, at });
  } catch (error) {
    await takeRefusal(run, given, error);
  } finally {
    for (const { fate } of cards) if (fate.peek().state === "sending") fate.value = { state: "open" };
    // The list's rows and the number of what is open say it too.
    pollNow();
  }
}

/** One answer fails at its card, several at what sends them. */
const failureFor = ({ runId }: WaitingRun, [first, ...others]: readonly Given[]) =>
  cardOf(others.length === 0 && first !== undefined ? first.asked.id : runId).failed;

function readAll(given: readonly Given[]): ReadyAnswer[] | null {
  const ready = given.flatMap(({ asked, verdict }) => {
    const { draft, problems } = cardOf(asked.id);
    const read = readAnswer(asked, draft.peek(), verdict);
    problems.value = "problems" in read ? read.problems : {};
    return "problems" in read ? [] : [read];
  });
  return ready.length === given.length ? ready : null;
}

async function post(run: WaitingRun, ready: readonly ReadyAnswer[]): Promise<void> {
  const requirements = ready.map(({ entry }) => entry);
  const answered_by = answerer() ?? undefined;
  const body = { session_id: run.sessionId, answered_by, requirements, stream: true, stream_events: false };
  const text = JSON.stringify(body);
  const before = unsure.get(run.runId);
  const idempotencyKey = before?.body === text ? before.key : crypto.randomUUID();
  unsure.set(run.runId, { body: text, key: idempotencyKey });
  const options = { body, idempotencyKey, ...asOwner({ user_id: run.userId }), timeoutMs: ANSWER_MS };
  try {
    const response = await api.open("POST", `${pathOfRun(run)}/continue`, options);
    unsure.delete(run.runId);
    // The run goes on without this reader.
    response.body?.cancel().catch(() => {});
  } catch (error) {
    if (error instanceof ApiError && error.status < 500 && error.status !== 429) unsure.delete(run.runId);
    throw error;
  }
}

/** Says at the fields what is wrong, at the cards what was answered meanwhile, or that it did not work. */
async function takeRefusal(run: WaitingRun, given: readonly Given[], error: unknown): Promise<void> {
  if (refused(error)) return;
  const all = given.map(({ asked }) => asked);
  if (error instanceof ApiError && error.status === 422 && error.errors !== null) {
    const problems = problemsOf(error.errors, all);
    for (const [id, wrong] of problems) cardOf(id).problems.value = wrong;
    if (problems.size > 0) return;
  }
  const failed = failureFor(run, given);
  const told = toldOf(error);
  if (error instanceof ApiError && [400, 404, 409].includes(error.status)) {
    const ids = all.map(({ id }) => id);
    const gone = await lookUp(run, ids).then(
      ({ settled }) => settled,
      (): string[] => [],
    );
    if (gone.length === all.length) return;
    if (gone.length > 0) {
      const names = all.filter(({ id }) => gone.includes(id)).map(({ toolName }) => toolName);
      failed.value = { ...told, text: texts.approvals.problems.others(names.join(", ")) };
      return;
    }
  }
  failed.value = told;
}
