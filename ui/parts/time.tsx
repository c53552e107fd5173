import { signal } from "@preact/signals";
import { longTime, shortTime } from "./time-text.ts";

/** The time of day, as far as relative times need it. */
const now = signal(Date.now());
setInterval(() => {
  now.value = Date.now();
}, 30_000);

/** When something was, short, with the whole of it as its tip: ISO 8601, or epoch milliseconds. Nothing of what is no time. */
export function Time({ at }: { at: string | number }) {
  const date = new Date(at);
  return (
    <time dateTime={typeof at === "string" ? at : date.toJSON()} title={longTime(date)}>
      {shortTime(date, new Date(now.value))}
    </time>
  );
}
