import { me } from "../access/access.ts";
import { device } from "../app/stored.ts";
import { eraseUser } from "./erasure.ts";
import { showParted } from "./imports.ts";
import { followJob } from "./jobs.ts";
import { readKept } from "./kept.ts";
import { closeAll, isGoingOn } from "./work.ts";

let actor: string | null = null;

/** Goes on with what this browser has begun, after a reload. Somebody else is not shown it. */
export function goOn(): void {
  const now = me.peek()?.actor ?? null;
  if (now !== actor) closeAll();
  actor = now;
  for (const kept of readKept(device)) {
    if (kept.actor !== now || isGoingOn(kept.id)) continue;
    if (kept.kind === "job") void followJob(kept.job);
    else if (kept.kind === "erasure") void eraseUser(kept.userId, kept.total);
    else void showParted(kept);
  }
}
