import type { Known } from "./known.ts";
import type { NameSource } from "./session-names.ts";

/** Undefined where the server does not say it in its lists. */
export const nameSourceOf = (session: Known): NameSource | undefined =>
  (session as Known & { name_source?: NameSource }).name_source;
