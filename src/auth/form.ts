import type { Outcome } from "../domain/outcome.ts";
import type { Credential } from "../domain/principal.ts";
import type { Config } from "../env.ts";
import type { Place } from "./shown.ts";

/** What a check of a credential needs of its request. */
export interface CheckContext {
  config: Config;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Lets work go on behind the answer, and though the caller hangs up. */
  keepAlive(work: Promise<unknown>): void;
}

/** One form of credential, which its text tells. */
export interface Form {
  /** Whether credentials of this form are read where this one stands. */
  isIn(place: Place, config: Config): boolean;
  fits(text: string, context: CheckContext): boolean | Promise<boolean>;
  check(text: string, context: CheckContext): Promise<Outcome<Credential>>;
}
