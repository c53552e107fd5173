import { type FormEvent, useId, useState } from "react";
import type { Requirement } from "./messages.ts";

interface Props {
  name: string;
  input: unknown;
  /** AI SDK's state of the call. */
  state: string;
  output: unknown;
  /** What people are asked for; undefined for a call that asks nobody. */
  requirement: Requirement | undefined;
  isOpen: boolean;
  onApproval: (approved: boolean, reason: string | undefined) => void;
  onOutput: (output: unknown) => void;
}

const STATES: Record<string, string> = {
  "input-available": "running",
  "approval-requested": "waits for you",
  "approval-responded": "answered",
  "output-available": "done",
  "output-error": "failed",
  "output-denied": "rejected",
};

/** A tool's call: what went in, what came out, and what it waits for. */
export function CallCard({ name, input, state, output, requirement, isOpen, onApproval, onOutput }: Props) {
  const kind = requirement?.kind;
  const isWaiting = state === "approval-requested" || (state === "input-available" && requirement !== undefined);
  return (
    <section className="card" aria-label={`Call of ${name}`}>
      <h3>
        {name} <small>{isWaiting ? STATES["approval-requested"] : STATES[state]}</small>
      </h3>
      {requirement?.memberName != null && <p className="note">asked by {requirement.memberName}</p>}
      <pre>{JSON.stringify(input, null, 2)}</pre>
      {isOpen && isWaiting && kind === "confirmation" && <Approval onAnswer={onApproval} />}
      {isOpen && isWaiting && kind === "user_input" && (
        <Fields requirement={requirement as Requirement} onAnswer={onOutput} />
      )}
      {isOpen && isWaiting && kind === "external_execution" && <Result onAnswer={onOutput} />}
      {output !== undefined && <p>{typeof output === "string" ? output : JSON.stringify(output)}</p>}
    </section>
  );
}

function Approval({ onAnswer }: { onAnswer: Props["onApproval"] }) {
  const [reason, setReason] = useState("");
  const id = useId();
  const answer = (approved: boolean) => onAnswer(approved, reason.trim() || undefined);
  return (
    <div className="answer">
      <label htmlFor={id}>Reason, which the model reads</label>
      <input id={id} value={reason} onChange={(event) => setReason(event.target.value)} />
      <button type="button" onClick={() => answer(true)}>
        Approve
      </button>
      <button type="button" onClick={() => answer(false)}>
        Reject
      </button>
    </div>
  );
}

/** The fields that have no value yet. */
function Fields({ requirement, onAnswer }: { requirement: Requirement; onAnswer: Props["onOutput"] }) {
  const id = useId();
  const asked = requirement.fields?.filter(({ value }) => value === null) ?? [];
  const answer = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const written = new FormData(event.currentTarget);
    onAnswer(
      Object.fromEntries(asked.map(({ name, field_type }) => [name, typed(String(written.get(name)), field_type)])),
    );
  };
  return (
    <form className="answer" onSubmit={answer}>
      {asked.map(({ name, description }) => (
        <label key={name} htmlFor={`${id}${name}`}>
          {name} <small>{description}</small>
          <input id={`${id}${name}`} name={name} required />
        </label>
      ))}
      <button type="submit">Fill in</button>
    </form>
  );
}

/** A form's values are texts; the tool wants what its schema says. */
const typed = (text: string, type: string): unknown => (type === "str" ? text : JSON.parse(text));

/** A call that is executed here: this page leaves it to the user to do it, and to say what came of it. */
function Result({ onAnswer }: { onAnswer: Props["onOutput"] }) {
  const [text, setText] = useState("");
  const id = useId();
  return (
    <div className="answer">
      <label htmlFor={id}>What it printed</label>
      <textarea id={id} rows={2} value={text} onChange={(event) => setText(event.target.value)} />
      <button type="button" onClick={() => onAnswer(text)}>
        Send the result
      </button>
    </div>
  );
}
