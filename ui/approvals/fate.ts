import type { Requirement, RunOutput, RunRequirement } from "../../packages/client/src/index.ts";
import { ApiError } from "../../packages/client/src/index.ts";
import { may } from "../access/access.ts";
import { api } from "../server/api.ts";
import { asOwner } from "../sessions/owner.ts";
import type { WaitingRun } from "./asked.ts";
import { isOpen, settle } from "./cards.ts";
import { settledOf } from "./settled.ts";

export const pathOfRun = ({ of, runId }: WaitingRun): string =>
  `/${of.kind}s/${encodeURIComponent(of.id)}/runs/${encodeURIComponent(runId)}`;

/** Of what was looked up, by id. What is in neither is not there for this caller any more. */
interface Found {
  settled: string[];
  open: string[];
}

/** Asks what became of some of what a run waited for, and shows it on the cards. */
export async function lookUp(run: WaitingRun, ids: readonly string[]): Promise<Found> {
  const { closed, open: stillOpen } = await ofRun(run);
  const found = new Map(closed.map((one) => [one.id, settledOf(one)]));
  const open = ids.filter((id) => stillOpen.includes(id));
  const statuses = ["answered", "expired", "cancelled"] as const;
  for (const status of statuses) {
    // A run that still waits shows only what is open.
    if (!may("approvals:read") || ids.every((id) => found.has(id) || open.includes(id))) break;
    for (const row of await ofStatus(run, status)) found.set(row.id, settledOf(row));
  }
  const settled = ids.flatMap((id) => {
    const one = found.get(id);
    if (one !== undefined && isOpen(id)) settle(id, one);
    return one === undefined ? [] : [id];
  });
  return { settled, open };
}

/** What the run says of it. A run that does not wait any more has nothing open, and one that is not there has nothing. */
async function ofRun(run: WaitingRun): Promise<{ closed: RunRequirement[]; open: string[] }> {
  const query = { session_id: run.sessionId };
  try {
    const { data } = await api.request<RunOutput>("GET", pathOfRun(run), {
      query,
      ...asOwner({ user_id: run.userId }),
    });
    const isOpen = ({ answered_at: at }: RunRequirement) => data.status === "PAUSED" && at === undefined;
    const all = data.requirements ?? [];
    return { closed: all.filter((one) => !isOpen(one)), open: all.filter(isOpen).map(({ id }) => id) };
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return { closed: [], open: [] };
    throw error;
  }
}

async function ofStatus(run: WaitingRun, status: Requirement["status"]): Promise<Requirement[]> {
  return api.requirements.list({ status, limit: 100 }, asOwner({ user_id: run.userId })).first(100);
}
