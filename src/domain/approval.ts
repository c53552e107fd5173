import type { Principal } from "./principal.ts";
import { holds } from "./scope.ts";

/** Who answers, as far as a Worker that was deployed before this object says so. */
interface Answerer extends Pick<Principal, "userId">, Partial<Pick<Principal, "confined" | "scopes">> {
  actor?: string | null;
}

/** How the answer of this caller is stored. */
export interface AnswerRights {
  /** Whether it may answer what a tool has kept for staff. */
  mayApprove: boolean;
  answeredBy: string | null;
  /** Who showed the credential, whatever the request says. */
  actor: string | null;
}

/** `said` is whom the request names as the one who answers. A confined caller answers for nobody but itself. */
export function answerRights(
  { userId, actor = null, confined = false, scopes = "all" }: Answerer,
  said: string | null,
): AnswerRights {
  return {
    mayApprove: holds(scopes, "approvals:write"),
    answeredBy: confined ? userId : (said ?? userId ?? actor),
    actor,
  };
}
