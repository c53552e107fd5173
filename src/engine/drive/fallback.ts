import type { Model, ModelName } from "../../domain/model.ts";

// A run asks one model. When that is away it asks the next one, and stays with it, after a pause too.

/** The model that a run asks, and what comes behind it. */
export interface Asked {
  model: Model;
  /** Null for the last one. */
  next: Model | null;
}

/** The model that the run asks: the one with its model's name. Where a deployment has it no more, it is the first one. */
export function askedModel(first: Model, { id, provider }: ModelName): Asked {
  const models = [first, ...(first.fallbacks ?? [])];
  const at = Math.max(
    0,
    models.findIndex((model) => model.id === id && model.provider === provider),
  );
  return { model: models[at] ?? first, next: models[at + 1] ?? null };
}
