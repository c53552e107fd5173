import { signal } from "@preact/signals";
import type { SeenName } from "./session-names.ts";

/** The one name that is being edited, and where on the page. */
export const renaming = signal<{ sessionId: string; at: "row" | "header"; seen: Promise<SeenName> } | null>(null);

/** Two people have named a session at once: which name is it to have? */
export const conflict = signal<{ sessionId: string; mine: string; theirs: SeenName } | null>(null);

/** The sessions that are deleted once it is said to be meant. */
export const deleting = signal<readonly string[] | null>(null);

/** The sessions whose tags are changed together. */
export const tagging = signal<readonly string[] | null>(null);

/** The session whose tags are being changed in its header. */
export const editingTags = signal<string | null>(null);
