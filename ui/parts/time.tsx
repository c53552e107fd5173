import { signal } from "@preact/signals";
import { longTime, shortTime } from "./time-text.ts";

/** The time, as far as short times need it: it moves on when the day does. */
const now = signal(new Date());
setInterval(() => {
  const date = new Date();
  if (date.toDateString() !== now.peek().toDateString()) now.value = date;
}, 30_000);

/** When something was, short, with the whole of it as its tip: ISO 8601, or epoch milliseconds. Nothing of what is no time. */
export function Time({ at }: { at: string | number }) {
  const date = new Date(at);
  return (
    <time
      dateTime={typeof at === "string" ? at : date.toJSON()}
      // Made when it is wanted: a list does not wait for the long words of its times.
      onPointerEnter={({ currentTarget }) => {
        currentTarget.title = longTime(date);
      }}
    >
      {shortTime(date, now.value)}
    </time>
  );
}
