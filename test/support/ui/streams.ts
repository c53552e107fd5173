/** What readers get of a run that a `Teller` tells. */
import { WHOLE_VIEW } from "../../../src/domain/view.ts";
import { EventReader } from "../../../src/engine/events/run-events.ts";
import type { Run } from "../../../src/engine/run/state.ts";
import type { Translator } from "../../../src/wire/translator.ts";
import { uiTranslator } from "../../../src/wire/ui/translator.ts";
import type { Act, Tale } from "./tales.ts";
import { Teller } from "./teller.ts";

/** A reader of a run's stream; each read goes on where the one before it stopped, as in the run's object. */
export class StreamReader {
  readonly #run: Run;
  readonly #reader: EventReader;
  readonly #translator: Translator;
  text: string;

  constructor(run: Run, translator: Translator, fromEntry = 0) {
    this.#run = run;
    this.#reader = new EventReader(run, WHOLE_VIEW);
    this.#translator = translator;
    this.text = translator.open();
    for (;;) {
      const event = this.#reader.next(fromEntry);
      if (event === null) break;
      translator.pass(event, this.#reader);
    }
  }

  read(): this {
    for (;;) {
      const event = this.#reader.next(this.#run.log.length);
      if (event === null) return this;
      this.text += this.#translator.tell(event, this.#reader);
    }
  }

  close(): string {
    this.read();
    this.text += this.#translator.close();
    return this.text;
  }
}

export const uiReader = (run: Run, fromEntry = 0): StreamReader => {
  const { runId, sessionId } = run.head;
  return new StreamReader(run, uiTranslator({ runId, sessionId }), fromEntry);
};

/** Tells a tale up to its first stop, and then from stop to stop; `onFact` is called behind each fact. */
export function told(
  { tale, type }: { tale: Tale; type: "agent" | "team" },
  onFact: (teller: Teller) => void = () => {},
): { teller: Teller; stops: Iterator<Act[], void> } {
  const teller: Teller = new Teller({ type }, () => onFact(teller));
  return { teller, stops: tale(teller) ?? [].values() };
}
