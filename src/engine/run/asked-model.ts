import type { ModelName } from "../../domain/model.ts";
import type { LogEntry } from "./event-log.ts";
import type { Run } from "./state.ts";
import { type ModelUsage, withUsage } from "./tokens.ts";

/** The model that a run asked when its log had this many entries. */
export function modelAt({ log, model }: Pick<Run, "log" | "model">, entries: number): ModelName {
  for (let nth = entries; nth < log.length; nth++) {
    const entry = log[nth];
    if (entry?.kind === "model_changed") return entry.before;
  }
  return model;
}

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
