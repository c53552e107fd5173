import type { Model, ModelName } from "../../domain/model.ts";

// A run asks one model. When that is away the run asks the next one, and stays with the next one, after a pause too.

/** The model that a run asks, and the one after it. */
export interface Asked {
  model: Model;
  /** Null for the last one. */
  next: Model | null;
}

/** The model whose id and provider the run has stored. If the deployment no longer has it, the first model. */
export function askedModel(first: Model, { id, provider }: ModelName): Asked {
  const models = [first, ...(first.fallbacks ?? [])];
  const at = Math.max(
    0,
    models.findIndex((model) => model.id === id && model.provider === provider),
  );
  return { model: models[at] ?? first, next: models[at + 1] ?? null };
}
