import { signal } from "@preact/signals";
import { mayForSome } from "../access/access.ts";
import { api } from "./api.ts";
import type { Component } from "./component.ts";

interface Listed {
  id: string;
  name: string;
  description?: string;
  model?: { model: string };
}

/** The agents and teams of the server, teams last; null until they are known. They change with a deployment only. */
export const components = signal<readonly Component[] | null>(null);
let asked: Promise<readonly Component[]> | null = null;

/** Asks for those that the caller may read, once; after a failure again. */
export function loadComponents(): Promise<readonly Component[]> {
  const kinds = (["agent", "team"] as const).filter((kind) => mayForSome(`${kind}s:read`));
  asked ??= Promise.all(kinds.map(listOf)).then(
    (lists) => {
      components.value = lists.flat();
      return lists.flat();
    },
    (error: unknown) => {
      asked = null;
      throw error;
    },
  );
  return asked;
}

async function listOf(kind: Component["kind"]): Promise<Component[]> {
  const { data } = await api.request<Listed[]>("GET", `/${kind}s`);
  return data.map(({ id, name, description = "", model }) => ({
    kind,
    id,
    name,
    description,
    model: model?.model ?? "",
  }));
}
