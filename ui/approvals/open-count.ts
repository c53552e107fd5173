import { signal } from "@preact/signals";

/** How many requirements are open, as the server counts them; null until it has said so. It counts up to 1,000. */
export const openCount = signal<{ count: number; isCapped: boolean } | null>(null);
