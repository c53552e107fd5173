import type { Progress } from "../../scripts/portable/import-file.ts";
import type { Place } from "../app/stored.ts";
import { KEPT_KEY } from "./all-work.ts";

/** Work of this browser that goes on after a reload. What a person types, such as messages, is never here. */
export type Kept = { id: string; actor: string } & (
  | { kind: "job"; job: KeptJob }
  | { kind: "erasure"; userId: string; total: number | null }
  | ({ kind: "import" } & KeptImport)
);

export interface KeptJob {
  job_id: string;
  kind: string;
  action: string | null;
  total: number;
  userId: string | null;
}

/** How a file is to be taken in. */
export interface ImportQuery {
  /** The owner of all that comes in; else as the lines say. */
  user_id?: string;
  /** The agent of conversations whose lines name none. */
  agent_id?: string;
  on_conflict?: "new";
}

/** A file that is half imported. */
export interface KeptImport {
  name: string;
  size: number;
  query: ImportQuery;
  progress: Progress;
}

/** Older entries go: nobody looks for what began so long ago. */
const MAX_KEPT = 50;

/** All that is kept. Another version of the page, or another hand, may have written something else. */
export function readKept(storage: Place): readonly Kept[] {
  try {
    const read: unknown = JSON.parse(storage.getItem(KEPT_KEY) ?? "[]");
    return Array.isArray(read) ? read.filter((one) => typeof one?.id === "string" && typeof one.kind === "string") : [];
  } catch {
    return [];
  }
}

/** Keeps an entry in place of the one with its id. */
export function keep(storage: Place, entry: Kept): void {
  write(storage, [...readKept(storage).filter(({ id }) => id !== entry.id), entry]);
}

export function dropKept(storage: Place, id: string): void {
  write(
    storage,
    readKept(storage).filter((one) => one.id !== id),
  );
}

function write(storage: Place, entries: readonly Kept[]): void {
  try {
    storage.setItem(KEPT_KEY, JSON.stringify(entries.slice(-MAX_KEPT)));
  } catch {
    // A browser that keeps nothing still does the work.
  }
}
