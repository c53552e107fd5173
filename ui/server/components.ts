import { signal } from "@preact/signals";
import { ApiError } from "../../packages/client/src/index.ts";
import { api } from "./api.ts";

/** An agent or a team that the caller may read. */
export interface ComponentInfo {
  kind: "agents" | "teams";
  id: string;
  name: string;
}

/** Null until they are loaded. */
export const components = signal<readonly ComponentInfo[] | null>(null);

/** Loads them once for the page: a deployment has the same ones until it is deployed anew. */
export async function loadComponents(): Promise<void> {
  if (components.peek() !== null) return;
  const [agents, teams] = await Promise.all([ask("agents"), ask("teams")]);
  components.value = [...agents, ...teams];
}

async function ask(kind: ComponentInfo["kind"]): Promise<ComponentInfo[]> {
  try {
    const { data } = await api.request<{ id: string; name: string | null }[]>("GET", `/${kind}`);
    return data.map(({ id, name }) => ({ kind, id, name: name ?? id }));
  } catch (error) {
    // Who may read no agent may yet read teams.
    if (error instanceof ApiError && error.status === 403) return [];
    throw error;
  }
}
