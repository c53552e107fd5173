import { signal } from "@preact/signals";
import { readStored, store } from "../app/stored.ts";
import { type Draft, EMPTY_DRAFT } from "./begin.ts";

const DRAFT_KEY = "edge-sessions.new";
const LAST_KEY = "edge-sessions.last-component";

/** What is typed on the screen of a new conversation. It outlives a look at another screen, a refused token, and a reload. */
export const draft = signal<Draft>({ ...EMPTY_DRAFT, ...readStored<Draft>("tab", DRAFT_KEY) });

export function edit(change: Partial<Draft>): void {
  draft.value = { ...draft.peek(), ...change };
  store("tab", DRAFT_KEY, draft.peek());
}

export const lastComponent = (): string | null => readStored<{ key: string }>("device", LAST_KEY).key ?? null;
export const keepLastComponent = (key: string): void => store("device", LAST_KEY, { key });
