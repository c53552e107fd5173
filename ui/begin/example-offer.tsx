import { useEffect } from "preact/hooks";
import { may } from "../access/access.ts";
import { Button } from "../parts/button.tsx";
import { texts } from "../texts/index.ts";
import { askOffer, isOffered, isRemoving, lastMade, makeExamples, making, removeExamples } from "./examples.ts";

const words = texts.examples;

/** Where nothing is at all: conversations to look around in, with one click. */
export function ExampleOffer() {
  useEffect(() => void askOffer(), []);
  if (!isOffered.value || making.value !== null) return null;
  return (
    <div class="example-offer">
      <Button onClick={() => void makeExamples()}>{words.offer}</Button>
      <p class="hint">{words.offerHint}</p>
    </div>
  );
}

/** Above the list: how far the examples are, and while there are any, how to be rid of them. */
export function ExampleLine({ hasExamples, first }: { hasExamples: boolean; first: string | undefined }) {
  const isTop = first !== undefined && first === lastMade.value;
  useEffect(() => {
    // The button that made them is gone: one goes on at the first of them.
    if (!isTop || document.activeElement !== document.body) return;
    document.querySelector<HTMLElement>(".rows a.row")?.focus();
  }, [isTop]);
  useEffect(() => {
    if (!hasExamples) return;
    return () => {
      // The button that removed them is gone with them.
      if (document.activeElement !== document.body) return;
      const there = document.querySelector(".rows a.row") ?? document.querySelector(".button.primary");
      (there as HTMLElement | null)?.focus();
    };
  }, [hasExamples]);
  if (making.value !== null) {
    const { done, total } = making.value;
    return (
      <div class="example-line">
        <label>
          <span>{words.making(done, total)}</span>
          <progress value={done} max={total} />
        </label>
      </div>
    );
  }
  if (!hasExamples || !may("sessions:delete")) return null;
  return (
    <div class="example-line">
      <span>{words.there}</span>
      <Button tone="quiet" isBusy={isRemoving.value} onClick={() => void removeExamples()}>
        {words.remove}
      </Button>
    </div>
  );
}
