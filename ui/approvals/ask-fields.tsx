import { useId } from "preact/hooks";
import { texts } from "../texts/index.ts";
import { RESULT } from "./answer.ts";
import type { Asked } from "./asked.ts";
import { cardOf, say } from "./cards.ts";
import { type Field, formOf, ownOf } from "./form.ts";

/** What a person is to fill in: one field for each parameter, or one for the result. */
export function AskFields({ asked, onEnter }: { asked: Asked; onEnter: () => void }) {
  if (asked.kind === "confirmation") return null;
  // A line ends with Enter; in more than a line Enter is a line, and needs a key beside it.
  const onKeyDown = (event: KeyboardEvent) => {
    const isLine = event.target instanceof HTMLInputElement;
    if (event.key !== "Enter" || event.isComposing || !(isLine || event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    onEnter();
  };
  return (
    <fieldset class="ask-fields" aria-label={texts.approvals.fields(asked.toolName)} onKeyDown={onKeyDown}>
      {asked.kind === "external_execution" ? (
        <ResultField id={asked.id} />
      ) : (
        formOf(asked.fields).map((field) => <FormField key={field.name} id={asked.id} field={field} />)
      )}
    </fieldset>
  );
}

function ResultField({ id }: { id: string }) {
  const { draft, problems } = cardOf(id);
  const problem = problems.value[RESULT];
  return (
    <Labelled label={texts.approvals.result} hint={null} problem={problem}>
      {(described) => (
        <textarea
          {...described}
          class="code-input"
          rows={3}
          placeholder={texts.approvals.resultHint}
          value={draft.value.result}
          onInput={({ currentTarget }) => say(id, { result: currentTarget.value }, RESULT)}
        />
      )}
    </Labelled>
  );
}

function FormField({ id, field }: { id: string; field: Field }) {
  const { draft, problems } = cardOf(id);
  const { name, label, hint, input, given, isAsked } = field;
  const onInput = ({ currentTarget }: { currentTarget: HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement }) =>
    say(id, { typed: { ...draft.peek().typed, [name]: currentTarget.value } }, name);
  const value = ownOf(draft.value.typed, name) ?? given;
  const hints = [hint, isAsked ? null : texts.approvals.given, HINTS[input]].filter((one) => one != null);
  return (
    <Labelled label={label} hint={hints.join(" · ")} problem={ownOf(problems.value, name)}>
      {(described) => {
        if (input === "choice") {
          return (
            <select {...described} value={value} onInput={onInput}>
              {value === "" && <option value="">{texts.approvals.choose}</option>}
              <option value="true">{texts.approvals.yes}</option>
              <option value="false">{texts.approvals.no}</option>
            </select>
          );
        }
        if (input === "line" || input === "whole" || input === "number") {
          return <input {...described} type="text" inputMode={MODES[input]} value={value} onInput={onInput} />;
        }
        return (
          <textarea
            {...described}
            class={input === "text" ? "" : "code-input"}
            rows={2}
            value={value}
            onInput={onInput}
          />
        );
      }}
    </Labelled>
  );
}

const HINTS: Partial<Record<Field["input"], string>> = {
  list: texts.approvals.listHint,
  json: texts.approvals.jsonHint,
};
const MODES = { line: "text", whole: "numeric", number: "decimal" } as const;

interface Described {
  id: string;
  dir: "auto";
  "aria-describedby": string;
  "aria-invalid": boolean;
}

/** A field with what it is called, what it is for, and what is wrong with it. */
function Labelled({
  label,
  hint,
  problem,
  children,
}: {
  label: string;
  hint: string | null;
  problem: string | undefined;
  children: (described: Described) => preact.ComponentChildren;
}) {
  const id = useId();
  const described = {
    id,
    dir: "auto",
    "aria-describedby": `${id}-hint`,
    "aria-invalid": problem !== undefined,
  } as const;
  return (
    <div class="ask-field">
      <label for={id}>{label}</label>
      {children(described)}
      <p id={`${id}-hint`} class={problem === undefined ? "hint" : "hint wrong-field"}>
        {problem ?? hint}
      </p>
    </div>
  );
}
