import { signal } from "@preact/signals";
import { announce } from "./announce.ts";

/** A line at the edge of the page that says what has happened, with one thing that can be done about it. */
export interface Notice {
  id: number;
  tone: "quiet" | "wrong";
  text: string;
  /** Of a failure: the id of its request, behind "Details". */
  requestId?: string | null;
  act?: { label: string; run(): void };
}

const SHOWN_MS = 8_000;

export const notices = signal<readonly Notice[]>([]);
let lastId = 0;

/** Tells something. What went wrong stays until it is closed; the rest goes by itself. */
export function tell(notice: Omit<Notice, "id" | "tone"> & { tone?: Notice["tone"]; shownMs?: number }): number {
  const { shownMs = SHOWN_MS, ...told } = notice;
  lastId += 1;
  const made: Notice = { tone: "quiet", ...told, id: lastId };
  notices.value = [...notices.peek(), made];
  announce(made.text);
  if (made.tone === "quiet") setTimeout(() => close(made.id), shownMs);
  return made.id;
}

export function close(id: number): void {
  notices.value = notices.peek().filter((notice) => notice.id !== id);
}
