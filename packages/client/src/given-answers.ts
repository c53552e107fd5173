import type { RequirementKind } from "./requirements.ts";

/** A requirement of this kind: of a run's end, or of the list of requirements. */
interface Asked<Kind extends RequirementKind = RequirementKind> {
  id: string;
  kind: Kind;
}

/** Answers to what a run waits for, each given once and of the kind that is asked for. */
export class GivenAnswers {
  readonly #open: ReadonlySet<string>;
  readonly #given = new Map<string, object>();
  #isSent = false;

  constructor(open: readonly { id: string }[]) {
    this.#open = new Set(open.map(({ id }) => id));
  }

  /** The call may run. */
  approve(asked: Asked<"confirmation">, note?: string): this {
    return this.#add(asked, "confirmation", { confirmation: true, confirmation_note: note });
  }

  /** The call must not run, and the model reads why. Of any kind. */
  reject(asked: Asked, note?: string): this {
    return this.#add(asked, asked.kind, { confirmation: false, confirmation_note: note });
  }

  /** The values of the fields that have none. */
  fill(asked: Asked<"user_input">, values: Record<string, unknown>): this {
    const fields = Object.entries(values).map(([name, value]) => ({ name, value }));
    return this.#add(asked, "user_input", { user_input_schema: fields, tool_execution: { answered: true } });
  }

  /** What came of the call, which was executed here: a text, or anything that JSON can say. */
  give(asked: Asked<"external_execution">, result: unknown): this {
    const text = typeof result === "string" ? result : JSON.stringify(result ?? null);
    return this.#add(asked, "external_execution", { external_execution_result: text });
  }

  /** The answers, to which none can be added any more. */
  protected sealed(): Map<string, object> {
    this.#isSent = true;
    return this.#given;
  }

  #add({ id, kind }: Asked, expected: RequirementKind, said: object): this {
    if (this.#isSent) throw new Error("These answers have been sent. Begin new ones.");
    if (!this.#open.has(id)) throw new Error(`The run does not wait for ${id}.`);
    if (kind !== expected) throw new Error(`${id} waits for ${kind}, not for ${expected}.`);
    if (this.#given.has(id)) throw new Error(`${id} has its answer already.`);
    this.#given.set(id, { id, ...said });
    return this;
  }
}
