import { useEffect } from "preact/hooks";
import { Button } from "../parts/button.tsx";
import { Failure } from "../parts/failure.tsx";
import { texts } from "../texts/index.ts";
import { verdictOf } from "./answer.ts";
import { AskCard } from "./ask-card.tsx";
import type { Asked, WaitingRun } from "./asked.ts";
import { cardOf, failureOfRun, isOpen } from "./cards.ts";
import { lookUp } from "./fate.ts";
import { mayAnswer, sendAnswers } from "./send.ts";

/** All that one run waits for. Several can be answered one by one, or together. */
export function AskGroup({ run, asked }: { run: WaitingRun; asked: readonly Asked[] }) {
  useExpiry(run, asked);
  const isOneOfSeveral = asked.length > 1;
  return (
    <div class="asks">
      {asked.map((one) => (
        <AskCard key={one.id} run={run} asked={one} isOneOfSeveral={isOneOfSeveral} />
      ))}
      {isOneOfSeveral && <AnswerAll run={run} asked={asked} />}
    </div>
  );
}

function AnswerAll({ run, asked }: { run: WaitingRun; asked: readonly Asked[] }) {
  const open = asked.filter((one) => isOpen(one.id) && mayAnswer(run, one));
  const failed = failureOfRun(run.runId);
  if (open.length < 2) return null;
  const given = open.flatMap((one) => {
    const verdict = verdictOf(one, cardOf(one.id).draft.value);
    return verdict === null ? [] : [{ asked: one, verdict }];
  });
  const left = open.filter((one) => given.every(({ asked: { id } }) => id !== one.id));
  const isBusy = open.some(({ id }) => cardOf(id).fate.value.state === "sending");
  return (
    <footer class="ask-all">
      <p class="hint">
        {left.length === 0
          ? texts.approvals.allFilled
          : texts.approvals.left(left.map(({ toolName }) => toolName).join(", "))}
      </p>
      <Button tone="primary" disabled={left.length > 0} isBusy={isBusy} onClick={() => void sendAnswers(run, given)}>
        {texts.approvals.answerAll(open.length)}
      </Button>
      {failed.value && <Failure what={texts.approvals.problems.failed} told={failed.value} />}
    </footer>
  );
}

const FIRST_LOOK_MS = 1_000;
const LAST_LOOK_MS = 30_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Once the time to answer is over, asks the server what it has made of it. */
function useExpiry(run: WaitingRun, asked: readonly Asked[]): void {
  const waiting = asked.filter(({ id, expiresAtMs }) => expiresAtMs !== null && isOpen(id));
  const nextMs = Math.min(...waiting.map(({ expiresAtMs }) => expiresAtMs ?? Infinity));
  useEffect(() => {
    if (nextMs === Infinity) return;
    let timer: ReturnType<typeof setTimeout>;
    const wait = (waitMs: number, nextWaitMs: number) => {
      timer = setTimeout(() => void look(nextWaitMs), Math.min(waitMs, LONGEST_TIMER_MS));
    };
    const look = async (nextWaitMs: number) => {
      const over = waiting.filter(({ expiresAtMs }) => (expiresAtMs ?? Infinity) <= Date.now());
      if (over.length > 0)
        await lookUp(
          run,
          over.map(({ id }) => id),
        ).catch(() => {});
      wait(nextWaitMs, Math.min(LAST_LOOK_MS, nextWaitMs * 2));
    };
    wait(Math.max(0, nextMs - Date.now()) + FIRST_LOOK_MS, FIRST_LOOK_MS * 2);
    return () => clearTimeout(timer);
  }, [nextMs, waiting.length]);
}
