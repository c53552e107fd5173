import type { FieldError } from "../../packages/client/src/index.ts";
import { texts } from "../texts/index.ts";
import type { Asked } from "./asked.ts";
import { emptyFields, formOf, type Problems, readForm } from "./form.ts";
import type { Settled } from "./settled.ts";

/** What a person has typed and chosen so far. */
export interface Draft {
  /** Of a confirmation that is sent together with others. */
  choice: "confirmed" | "rejected" | null;
  note: string;
  /** Of user input, by field. */
  typed: Readonly<Record<string, string>>;
  /** Of a call that is executed elsewhere: what it gave. */
  result: string;
}

export const NOTHING_YET: Draft = { choice: null, note: "", typed: {}, result: "" };

/** The name under which a problem with the result stands, and one that is with no field. */
export const RESULT = "result";
export const WHOLE = "";

/** `rejected` answers each kind; otherwise the draft says it. */
export type Verdict = "confirmed" | "rejected" | "filled";

/** What is sent for one requirement, and what it is shown as once the server has taken it. */
export interface ReadyAnswer {
  entry: { id: string } & Record<string, unknown>;
  how: Settled["how"];
  said: string | null;
}

/** The answer that a draft says, or what is wrong with it. */
export function readAnswer(asked: Asked, draft: Draft, verdict: Verdict): ReadyAnswer | { problems: Problems } {
  const { id, kind } = asked;
  const note = draft.note.trim();
  const noted = { id, ...(note !== "" && { confirmation_note: note }) };
  if (verdict !== "filled") {
    return { entry: { ...noted, confirmation: verdict === "confirmed" }, how: verdict, said: note || null };
  }
  if (kind === "external_execution") {
    if (draft.result === "") return { problems: { [RESULT]: texts.approvals.problems.noResult } };
    return { entry: { ...noted, external_execution_result: draft.result }, how: "executed", said: draft.result };
  }
  const { values, problems } = readForm(formOf(asked.fields), draft.typed);
  if (Object.keys(problems).length > 0) return { problems };
  const fields = Object.entries(values).map(([name, value]) => ({ name, value }));
  const entry = { ...noted, user_input_schema: fields, tool_execution: { answered: true } };
  return { entry, how: "filled", said: saidOf({ ...asked.args, ...values }) };
}

/** Values in one line: `to: ada@example.com, subject: Invoice`. */
export const saidOf = (values: Record<string, unknown>): string =>
  Object.entries(values)
    .map(([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(", ");

/** The verdict that is sent with those of others; null while a person has not said all that it is asked for. */
export function verdictOf({ kind, fields }: Asked, { choice, typed, result }: Draft): Verdict | null {
  if (kind === "confirmation") return choice;
  const isFilled = kind === "external_execution" ? result !== "" : emptyFields(formOf(fields), typed).length === 0;
  return isFilled ? "filled" : null;
}

/** What the server finds wrong, by requirement and field. Its place is `body, requirements, <id>, <field>`. */
export function problemsOf(errors: readonly FieldError[], asked: readonly Asked[]): Map<string, Problems> {
  const all = new Map<string, Record<string, string>>();
  for (const { loc, msg } of errors) {
    const id = String(loc[2]);
    const one = asked.find((each) => each.id === id);
    if (one === undefined) continue;
    const name = one.fields.some((field) => field.name === loc[3]) ? String(loc[3]) : WHOLE;
    const problems: Record<string, string> = all.get(id) ?? Object.create(null);
    // The first one says enough, and the field's own name needs not be said at the field.
    problems[name] ??= name === WHOLE && loc.length > 3 ? `${loc.slice(3).join(".")}: ${msg}` : msg;
    all.set(id, problems);
  }
  return all;
}
