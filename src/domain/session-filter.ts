import type { SessionType } from "./session.ts";

/** Which sessions are meant, of those that exist for whoever asks: for a list, or for a job. What is left out says nothing. */
export interface SessionFilter {
  sessionType?: SessionType | undefined;
  /** The agent, team or workflow that the session is one of. */
  componentId?: string | undefined;
  /** Part of the name that shows, in any case and script. */
  name?: string | undefined;
  /** Tags, all of which it has. */
  tags?: readonly string[] | undefined;
  /** `key:value` of short top-level values of its metadata, all of which it has. */
  metadata?: readonly string[] | undefined;
  /** Left out, no archived one is meant. */
  archived?: boolean | "all" | undefined;
  pinned?: boolean | undefined;
  hasOpenRequirements?: boolean | undefined;
  /** True: something was said, and it has no name; false: it has one. */
  unnamed?: boolean | undefined;
  /** Epoch milliseconds, inclusive. */
  createdAfter?: number | undefined;
  createdBefore?: number | undefined;
  updatedAfter?: number | undefined;
  updatedBefore?: number | undefined;
}
