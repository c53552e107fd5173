import { texts } from "../texts/index.ts";

const MINUTE = 60;

/** How long something took: in tenths while that tells anything, and with minutes where there are some. */
export function durationText(seconds: number): string {
  if (seconds < 0.05) return texts.calls.moment;
  if (seconds < 9.95) return texts.calls.seconds((Math.round(seconds * 10) / 10).toString());
  const whole = Math.round(seconds);
  if (whole < MINUTE) return texts.calls.seconds(String(whole));
  return texts.calls.minutes(Math.floor(whole / MINUTE), whole % MINUTE);
}
