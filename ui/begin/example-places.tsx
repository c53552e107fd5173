import { type ReadonlySignal, useComputed } from "@preact/signals";
import { may } from "../access/access.ts";
import { later, lazy } from "../parts/lazy.tsx";
import { known } from "../sessions/known.ts";
import { texts } from "../texts/index.ts";
import { isExample } from "./example-mark.ts";

const examples = later(() => import("./example-offer.tsx"));
/** Where nothing is at all: what fills it. */
export const ExampleOffer = lazy(examples, (part) => part.ExampleOffer);
/** Its room is there before it is, so that the list below stays where it is. */
const Line = lazy(
  examples,
  (part) => part.ExampleLine,
  ({ hasExamples }) =>
    hasExamples && may("sessions:delete") ? <div class="example-line">{texts.examples.there}</div> : null,
);

function isShownExample(id: string): boolean {
  const session = known(id).value;
  return session !== null && isExample(session);
}

/** Above the list: what is said of examples, as long as there are any, or they are made. */
export function ExampleLine({ shown }: { shown: ReadonlySignal<readonly string[]> }) {
  const hasExamples = useComputed(() => shown.value.some(isShownExample)).value;
  const first = useComputed(() => shown.value[0]).value;
  return hasExamples || examples.there.value !== null ? <Line hasExamples={hasExamples} first={first} /> : null;
}
