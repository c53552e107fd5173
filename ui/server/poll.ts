import { refused } from "./api.ts";
import { PollClock, type PollTask } from "./poll-clock.ts";

const clock = new PollClock(() => document.visibilityState === "visible", refused);

document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") void clock.now();
  else clock.pause();
});
addEventListener("online", () => void clock.now());

/**
 * Asks the server again and again: every 10 s while the page is visible, at once when it is shown again, and less often
 * while the server is away or has too much to do. Answers what ends it.
 */
export const everyPoll = (task: PollTask): (() => void) => clock.every(task);

/** Asks at once, for a change of which the page knows already. */
export const pollNow = (): void => void clock.now();
