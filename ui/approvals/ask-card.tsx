import { useEffect, useId, useRef } from "preact/hooks";
import { Button } from "../parts/button.tsx";
import { Failure } from "../parts/failure.tsx";
import { Icon } from "../parts/icon.tsx";
import { texts } from "../texts/index.ts";
import { type Verdict, WHOLE } from "./answer.ts";
import { AskArgs } from "./ask-args.tsx";
import { AskFields } from "./ask-fields.tsx";
import type { Asked, WaitingRun } from "./asked.ts";
import { cardOf, say } from "./cards.ts";
import { Countdown } from "./countdown.tsx";
import { mayAnswer, sendAnswers } from "./send.ts";
import { SettledLine } from "./settled-line.tsx";

/** Something that a run waits for, with all that a person needs to answer it, or what became of it. */
export function AskCard({ run, asked, isOneOfSeveral }: { run: WaitingRun; asked: Asked; isOneOfSeveral: boolean }) {
  const { fate, problems } = cardOf(asked.id);
  const card = useRef<HTMLElement>(null);
  const titleId = useId();
  const { state } = fate.value;
  useFocus(card, state, problems.value);
  if (fate.value.state === "settled") {
    return (
      <article ref={card} class="ask settled" tabIndex={-1} data-asked={asked.id}>
        <SettledLine toolName={asked.toolName} settled={fate.value.settled} />
      </article>
    );
  }
  const whole = problems.value[WHOLE];
  return (
    <article
      ref={card}
      class="ask"
      tabIndex={-1}
      aria-labelledby={titleId}
      aria-busy={state === "sending"}
      data-asked={asked.id}
    >
      <header>
        <p id={titleId}>
          <strong dir="auto">{asked.asker}</strong> {texts.approvals.asks[asked.kind]} <code>{asked.toolName}</code>
        </p>
        {asked.expiresAtMs !== null && <Countdown run={run} asked={asked} atMs={asked.expiresAtMs} />}
      </header>
      {asked.note !== null && <AskNote note={asked.note} />}
      {asked.kind !== "user_input" && <AskArgs args={asked.args} />}
      <Answering run={run} asked={asked} isOneOfSeveral={isOneOfSeveral} />
      {whole !== undefined && <p class="wrong-field">{whole}</p>}
    </article>
  );
}

/** Why it is asked. The server's own word for a call that may have run is said in full. */
function AskNote({ note }: { note: string }) {
  return (
    <p class="ask-note" dir="auto">
      <Icon name="warning" />
      <span>{note === "outcome unknown" ? texts.approvals.unknownOutcome : note}</span>
    </p>
  );
}

function Answering({ run, asked, isOneOfSeveral }: { run: WaitingRun; asked: Asked; isOneOfSeveral: boolean }) {
  if (!mayAnswer(run, asked)) {
    return <p class="hint">{asked.isForStaff ? texts.approvals.forStaff : texts.approvals.mayNotRun}</p>;
  }
  const { failed } = cardOf(asked.id);
  const send = (verdict: Verdict) => void sendAnswers(run, [{ asked, verdict }]);
  return (
    <>
      <AskFields asked={asked} onEnter={() => send("filled")} />
      <footer>
        <NoteField id={asked.id} />
        {asked.kind === "confirmation" && isOneOfSeveral ? (
          <Choice asked={asked} onSend={send} />
        ) : (
          <Acts asked={asked} tone={isOneOfSeveral ? "plain" : "primary"} onSend={send} />
        )}
      </footer>
      {failed.value && <Failure what={texts.approvals.problems.failed} told={failed.value} />}
    </>
  );
}

function NoteField({ id }: { id: string }) {
  const { draft } = cardOf(id);
  return (
    <input
      type="text"
      dir="auto"
      aria-label={texts.approvals.note}
      placeholder={texts.approvals.noteHint}
      value={draft.value.note}
      onInput={({ currentTarget }) => say(id, { note: currentTarget.value })}
    />
  );
}

interface Sending {
  asked: Asked;
  onSend: (verdict: Verdict) => void;
}

/** Of several, what sends all of them is the primary button. */
function Acts({ asked, tone, onSend }: Sending & { tone: "primary" | "plain" }) {
  const isBusy = cardOf(asked.id).fate.value.state === "sending";
  const isConfirmation = asked.kind === "confirmation";
  return (
    <>
      <Button tone="danger" isBusy={isBusy} onClick={() => onSend("rejected")}>
        {texts.approvals.reject}
      </Button>
      <Button tone={tone} isBusy={isBusy} onClick={() => onSend(isConfirmation ? "confirmed" : "filled")}>
        {isConfirmation ? texts.approvals.approve : texts.approvals.answer}
      </Button>
    </>
  );
}

/** Of several, a decision is made first, and sent with the others or by itself. */
function Choice({ asked: { id }, onSend }: Sending) {
  const { draft, fate } = cardOf(id);
  const isBusy = fate.value.state === "sending";
  const { choice } = draft.value;
  return (
    <>
      <fieldset class="ask-choice" aria-label={texts.approvals.decision}>
        {(["rejected", "confirmed"] as const).map((one) => (
          <label key={one}>
            <input
              type="radio"
              name={`choice-${id}`}
              checked={choice === one}
              disabled={isBusy}
              onChange={() => say(id, { choice: one })}
            />
            <span>{one === "confirmed" ? texts.approvals.approve : texts.approvals.reject}</span>
          </label>
        ))}
      </fieldset>
      <Button disabled={choice === null} isBusy={isBusy} onClick={() => choice !== null && onSend(choice)}>
        {texts.approvals.answer}
      </Button>
    </>
  );
}

/** Where something was sent from, the focus goes on: to what is wrong, or to the next thing that is asked. */
function useFocus(card: { current: HTMLElement | null }, state: string, problems: object): void {
  const before = useRef(state);
  useEffect(() => {
    const wasSending = before.current === "sending";
    before.current = state;
    const active = document.activeElement;
    const isElsewhere = active !== null && active !== document.body && card.current?.contains(active) === false;
    if (!wasSending || state === "sending" || isElsewhere) return;
    if (state === "open") card.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
    else (nextCard(card.current) ?? card.current)?.focus();
  }, [state, problems]);
}

function nextCard(card: HTMLElement | null): HTMLElement | undefined {
  const all = [...document.querySelectorAll<HTMLElement>(".ask")];
  const at = card === null ? -1 : all.indexOf(card);
  return [...all.slice(at + 1), ...all.slice(0, at)].find((one) => !one.classList.contains("settled"));
}
