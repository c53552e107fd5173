import type { ModelName } from "../../domain/model.ts";
import type { LogEntry } from "./event-log.ts";
import type { Run } from "./state.ts";
import { type ModelUsage, withUsage } from "./tokens.ts";

/**
 * The model that a run asked at each place of its log, for whoever goes through the log in order. It looks at each entry
 * once: an imported log may be one of tens of thousands of requests.
 */
export class AskedModels {
  readonly #run: Pick<Run, "log" | "model">;
  /** Between the last place asked for and this one no other model was asked. */
  #looked = 0;

  constructor(run: Pick<Run, "log" | "model">) {
    this.#run = run;
  }

  /** The model that was asked when the log had this many entries. */
  at(entries: number): ModelName {
    const { log, model } = this.#run;
    this.#looked = Math.max(this.#looked, entries);
    for (; this.#looked < log.length; this.#looked += 1) {
      const entry = log[this.#looked];
      if (entry?.kind === "model_changed") return entry.before;
    }
    return model;
  }
}

/** The model that a run asked when its log had this many entries. */
export const modelAt = (run: Pick<Run, "log" | "model">, entries: number): ModelName =>
  new AskedModels(run).at(entries);

/** What each model has used: the usage of each answer counts for the model that gave it. */
export function usageByModel(
  answers: readonly { usage: ModelUsage["usage"] | null }[],
  { log, model }: Pick<Run, "log" | "model">,
): readonly ModelUsage[] {
  const models = answerModels(log, model);
  return answers.reduce<readonly ModelUsage[]>(
    (used, { usage }, nth) => (usage === null ? used : withUsage(used, { model: models[nth] ?? model, usage })),
    [],
  );
}

/** The models of a run's answers, in order. */
function answerModels(log: readonly LogEntry[], last: ModelName): ModelName[] {
  const models: ModelName[] = [];
  // From the end, because an entry tells the model before it. The model asked last for an answer is the one that gave it.
  let [asked, answering] = [last, last];
  for (const entry of log.toReversed()) {
    if (entry.kind === "model_changed") {
      asked = entry.before;
    } else if (entry.kind === "model_requested" || entry.kind === "said") {
      models.push(answering);
      answering = asked;
    }
  }
  return models.reverse();
}
