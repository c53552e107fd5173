import { ApiError, ConnectionError } from "../../packages/client/src/index.ts";

const FIRST_MS = 1_000;
const LONGEST_MS = 120_000;

/** How long to wait before the same is asked again; null where that changes nothing. */
export function waitMs(error: unknown, tried: number): number | null {
  const mayPass =
    error instanceof ApiError ? error.status === 429 || error.status >= 500 : error instanceof ConnectionError;
  if (!mayPass) return null;
  const retryAfter = error instanceof ApiError ? error.retryAfter : null;
  return Math.max(Math.min(LONGEST_MS, FIRST_MS * 2 ** tried), (retryAfter ?? 0) * 1000);
}
