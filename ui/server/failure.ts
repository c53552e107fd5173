import { ApiError, ConnectionError } from "../../packages/client/src/index.ts";
import { texts } from "../texts/index.ts";

/** What a person is told of something that failed. */
export interface Told {
  text: string;
  /** For "Details": the server's log has it too. */
  requestId: string | null;
}

export function toldOf(error: unknown): Told {
  if (error instanceof ApiError) return { text: error.detail, requestId: error.requestId };
  if (error instanceof ConnectionError) return { text: texts.failures.away, requestId: null };
  // What a caller's own code says when it was told something else than it expects is for nobody who reads a page.
  if (error instanceof TypeError) return { text: texts.failures.strange, requestId: null };
  return { text: error instanceof Error ? error.message : String(error), requestId: null };
}
