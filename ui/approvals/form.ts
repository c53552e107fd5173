import type { UserInputField } from "../../packages/client/src/index.ts";
import { seenText } from "../parts/seen-text.ts";
import { texts } from "../texts/index.ts";

/** A parameter of a call as a field that a person fills in. */
export interface Field {
  name: string;
  label: string;
  hint: string | null;
  input: Input;
  /** What the model has given; empty where it is left to the person. */
  given: string;
  /** Whether it is left to the person. */
  isAsked: boolean;
}

/** `line` and `text` take any text, the others what their type can say. */
export type Input = "line" | "text" | "whole" | "number" | "choice" | "list" | "json";

const INPUTS: Record<string, Input> = {
  str: "line",
  int: "whole",
  float: "number",
  bool: "choice",
  list: "list",
  dict: "json",
};
const LONG_CHARS = 80;
/** Names of what is rarely one line. */
const LONG_NAME = /(^|_)(body|text|message|content|comment|description|reason|summary|notes?)$/i;

export const formOf = (fields: readonly UserInputField[]): Field[] => fields.map(fieldOf);

function fieldOf({ name, field_type: type, description, value }: UserInputField): Field {
  const isAsked = value === null || value === undefined;
  const given = isAsked ? "" : textOf(value);
  const input = inputOf(name, type, value, given);
  return { name, label: seenText(labelOf(name)), hint: hintOf(description, given), input, given, isAsked };
}

/** What a field is for. A field cannot spell out what is not seen of its text, so that is said beside it. */
function hintOf(description: string | null, given: string): string | null {
  const seen = seenText(given);
  const hints = [description && seenText(description), seen === given ? null : texts.approvals.unseen(seen)];
  return hints.filter(Boolean).join(" · ") || null;
}

function inputOf(name: string, type: string, value: unknown, given: string): Input {
  const input = ownOf(INPUTS, type) ?? "line";
  if (input !== "line") return input;
  // The server has one name for all types that are mixed: what is no text is shown, and read, as JSON.
  if (given !== "" && typeof value !== "string") return "json";
  return LONG_NAME.test(name) || given.length > LONG_CHARS || given.includes("\n") ? "text" : "line";
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value, null, 2));

/** A parameter's name as words: `customer_id` and `customerId` are "Customer id". */
export function labelOf(name: string): string {
  const words = name.replaceAll(
    /([a-z\d])([A-Z])/g,
    (_, before: string, next: string) => `${before} ${next.toLowerCase()}`,
  );
  const label = words.replaceAll("_", " ").trim();
  return label === "" ? name : label[0]?.toUpperCase() + label.slice(1);
}

/** What stands under a name. Parameters may be called `constructor`, which every object has something for. */
export const ownOf = <T>(all: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(all, name) ? all[name] : undefined;

/** What fields are wrong, by name, in words. */
export type Problems = Readonly<Record<string, string>>;

/**
 * What a person has typed, as values. Those that the model gave are left out unless they were changed, and so are those that
 * nobody filled in: the server knows which it can do without.
 */
export function readForm(
  form: readonly Field[],
  typed: Readonly<Record<string, string>>,
): { values: Record<string, unknown>; problems: Problems } {
  const values: Record<string, unknown> = Object.create(null);
  const problems: Record<string, string> = Object.create(null);
  for (const field of form) {
    const text = ownOf(typed, field.name) ?? field.given;
    if (text === field.given) continue;
    const read = readValue(field.input, text);
    if ("problem" in read) problems[field.name] = read.problem;
    else values[field.name] = read.value;
  }
  return { values, problems };
}

/** Which of the fields that are left to the person are empty. */
export const emptyFields = (form: readonly Field[], typed: Readonly<Record<string, string>>): Field[] =>
  form.filter(({ name, isAsked }) => isAsked && (ownOf(typed, name) ?? "").trim() === "");

type Read = { value: unknown } | { problem: string };

function readValue(input: Input, text: string): Read {
  const trimmed = text.trim();
  if (input === "line" || input === "text") return { value: text };
  if (trimmed === "") return { problem: texts.approvals.problems.empty };
  switch (input) {
    case "whole":
      return /^[+-]?\d+$/.test(trimmed) && Number.isSafeInteger(Number(trimmed))
        ? { value: Number(trimmed) }
        : { problem: texts.approvals.problems.whole };
    case "number":
      return Number.isFinite(Number(trimmed))
        ? { value: Number(trimmed) }
        : { problem: texts.approvals.problems.number };
    case "choice":
      return { value: trimmed === "true" };
    case "list":
      return trimmed.startsWith("[") ? readJson(trimmed, Array.isArray) : { value: linesOf(trimmed) };
    case "json":
      return readJson(trimmed, () => true);
  }
}

const linesOf = (text: string): string[] =>
  text.split("\n").flatMap((line) => (line.trim() === "" ? [] : [line.trim()]));

function readJson(text: string, isRight: (value: unknown) => boolean): Read {
  try {
    const value: unknown = JSON.parse(text);
    if (isRight(value)) return { value };
  } catch {
    // The person is told below.
  }
  return { problem: texts.approvals.problems.json };
}
