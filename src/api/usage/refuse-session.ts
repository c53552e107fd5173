import { AppError } from "../../domain/error.ts";
import { type Quota, whyNoSession } from "../../domain/usage.ts";
import type { AppContext } from "../../http/context.ts";
import { countSessionsUpTo } from "../../store/usage/guard.ts";
import { database } from "../shared/find-session.ts";

/** Throws the 429 if the caller's user may have no further session. Asked only once one was not made. */
export async function refuseSession(c: AppContext, quota: Quota | null, nowMs: number): Promise<void> {
  const failure = quota && whyNoSession(await countSessionsUpTo(database(c), quota), quota.limits, nowMs);
  if (failure !== null) throw new AppError(failure);
}
