import { type Principal, toldClaims } from "../../domain/principal.ts";
import type { RunRequest } from "../../domain/run.ts";
import type { AppContext } from "../../http/context.ts";
import type { RunCall } from "../../session/run-calls.ts";
import type { RouteDependencies } from "../shared/dependencies.ts";

type Asked = Pick<RunRequest, "component" | "message" | "sessionState" | "idempotency">;

/** A run that is made from no other one, as the session's object is asked for it. */
export function newRun(
  c: AppContext,
  { newId, now }: Pick<RouteDependencies, "newId" | "now">,
  caller: Principal,
  asked: Asked,
): Pick<RunCall, "request" | "olderStatus"> {
  const claims = toldClaims(c.get("credential"), caller);
  const request = { ...asked, runId: newId(), origin: null, userId: caller.ownerId, claims, createdAt: now() };
  return { request, olderStatus: null };
}
