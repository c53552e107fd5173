import { durationText } from "./duration.ts";

/** As roughly as it is known: what is left of an hour is not known to the second. */
export const roughDurationText = (seconds: number, language?: string): string =>
  durationText(seconds < 60 ? Math.max(5, Math.ceil(seconds / 5) * 5) : Math.ceil(seconds / 60) * 60, language);
