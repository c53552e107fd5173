import { Button } from "../parts/button.tsx";
import { Failure } from "../parts/failure.tsx";
import { texts } from "../texts/index.ts";
import { verdictOf } from "./answer.ts";
import { AskCard } from "./ask-card.tsx";
import type { Asked, WaitingRun } from "./asked.ts";
import { cardOf, isOpen } from "./cards.ts";
import { mayAnswer, sendAnswers } from "./send.ts";

/** All that one run waits for. Several can be answered one by one, or together. */
export function AskGroup({ run, asked }: { run: WaitingRun; asked: readonly Asked[] }) {
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
  const { failed } = cardOf(run.runId);
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
