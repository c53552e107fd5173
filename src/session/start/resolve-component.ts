import type { Model, ModelSource } from "../../domain/model.ts";
import type { RunError, RunRow } from "../../domain/run.ts";
import { type Component, findComponent, type Registry, refOf } from "../../domain/team.ts";

/** Stands for the model in a run that fails before it asks one. */
const NO_MODEL: Model = {
  id: "",
  name: "",
  provider: "",
  source: "",
  async *stream() {},
};

/** What a stored run is driven with. `error` says why the run has to fail; null if it need not. */
export interface Resolved {
  component: Component;
  model: Model;
  error: RunError | null;
}

export function resolve(deps: Registry & { models: ModelSource }, row: RunRow): Resolved {
  const ref = refOf(row);
  const component = findComponent(deps, ref);
  if (component === undefined) {
    const error: RunError = {
      type: ref.type === "agent" ? "agent_not_found" : "team_not_found",
      message: `The ${ref.type} '${ref.id}' is no longer part of this deployment.`,
    };
    const name = row.componentName ?? ref.id;
    const gone =
      ref.type === "agent" ? { id: ref.id, name } : { id: ref.id, name, mode: "coordinate" as const, members: [] };
    return { component: gone, model: NO_MODEL, error };
  }
  const model = deps.models(component.model);
  if (model === null) {
    const error: RunError = { type: "model_not_configured", message: "No model is configured." };
    return { component, model: NO_MODEL, error };
  }
  return { component, model, error: null };
}
