import { signal } from "@preact/signals";

/** The sessions that are deleted once it is said to be meant. */
export const deleting = signal<readonly string[] | null>(null);

/** The sessions whose tags are changed together. */
export const tagging = signal<readonly string[] | null>(null);
