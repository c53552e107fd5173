import { isStaff } from "../access/access.ts";
import type { Known } from "./known.ts";

/**
 * Whom a call about the session names. Staff speak for its owner, or for nobody where it has none: what a run of theirs
 * does is the owner's then. Of others the credential says who they are, and they name nobody.
 */
export const asOwner = (session: Pick<Known, "user_id">): { userId?: string | null } =>
  isStaff.peek() ? { userId: session.user_id ?? null } : {};
