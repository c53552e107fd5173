import type { Failure } from "./error.ts";

/** What a call across the object's boundary answers: a value, or an expected failure as data. */
export type Outcome<T> = { ok: true; value: T } | { ok: false; failure: Failure };

export const ok = <T>(value: T): Outcome<T> => ({ ok: true, value });
export const fail = (failure: Failure): Outcome<never> => ({ ok: false, failure });
