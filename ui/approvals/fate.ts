import type { Requirement, RunOutput } from "../../packages/client/src/index.ts";
import { ApiError } from "../../packages/client/src/index.ts";
import { may } from "../access/access.ts";
import { api } from "../server/api.ts";
import { asOwner } from "../sessions/owner.ts";
import type { WaitingRun } from "./asked.ts";
import { isOpen, settle } from "./cards.ts";
import { type Settled, settledOfRow, settledOfRun } from "./settled.ts";

export const pathOfRun = ({ of, runId }: WaitingRun): string =>
  `/${of.kind}s/${encodeURIComponent(of.id)}/runs/${encodeURIComponent(runId)}`;

/** Of what was looked up, by id. What is in neither is not there for this caller any more. */
interface Found {
  settled: string[];
  open: string[];
}

/** Asks what became of some of what a run waited for, and shows it on the cards. */
export async function lookUp(run: WaitingRun, ids: readonly string[]): Promise<Found> {
  const all = await ofRun(run);
  const found = new Map(all.flatMap(([id, settled]) => (settled === null ? [] : [[id, settled]])));
  const open = ids.filter((id) => all.some(([one, settled]) => one === id && settled === null));
  const statuses = ["answered", "expired", "cancelled"] as const;
  for (const status of statuses) {
    // A run that still waits shows only what is open.
    if (!may("approvals:read") || ids.every((id) => found.has(id) || open.includes(id))) break;
    for (const row of await ofStatus(run, status)) {
      const settled = settledOfRow(row);
      if (settled !== null) found.set(row.id, settled);
    }
  }
  const settled = ids.flatMap((id) => {
    const one = found.get(id);
    if (one !== undefined && isOpen(id)) settle(id, one);
    return one === undefined ? [] : [id];
  });
  return { settled, open };
}

/** What the run says of it. None of a run that is not there. */
async function ofRun(run: WaitingRun): Promise<(readonly [string, Settled | null])[]> {
  const query = { session_id: run.sessionId };
  try {
    const { data } = await api.request<RunOutput>("GET", pathOfRun(run), {
      query,
      ...asOwner({ user_id: run.userId }),
    });
    return (data.requirements ?? []).map((one) => [one.id, settledOfRun(one, data.status)]);
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return [];
    throw error;
  }
}

async function ofStatus(run: WaitingRun, status: Requirement["status"]): Promise<Requirement[]> {
  return api.requirements.list({ status, limit: 100 }, asOwner({ user_id: run.userId })).first(100);
}

/** What a run came to after its answers, in the words of the page's texts. */
export interface Became {
  how: "goesOn" | "completed" | "waits" | "cancelled" | "failed";
  said: string;
}

const SAID_CHARS = 200;
const FIRST_WAIT_MS = 400;
const LAST_WAIT_MS = 5_000;

/** Watches a run that goes on, until it stands again or nobody looks any more. */
export async function watchRun(run: WaitingRun, tell: (became: Became) => void, signal: AbortSignal): Promise<void> {
  for (let waitMs = FIRST_WAIT_MS; !signal.aborted; waitMs = Math.min(waitMs * 1.6, LAST_WAIT_MS)) {
    await new Promise((wake) => setTimeout(wake, waitMs));
    if (signal.aborted) return;
    const became = await becameOf(run, signal);
    if (became !== null) tell(became);
    if (became !== null && became.how !== "goesOn") return;
  }
}

/** Null where the server could not say it now. */
async function becameOf(run: WaitingRun, signal: AbortSignal): Promise<Became | null> {
  const query = { session_id: run.sessionId };
  try {
    const { data } = await api.request<RunOutput>("GET", pathOfRun(run), {
      query,
      ...asOwner({ user_id: run.userId }),
      signal,
    });
    return { how: howOf(data), said: data.content.replace(/\s+/g, " ").slice(0, SAID_CHARS) };
  } catch (error) {
    if (error instanceof ApiError && error.status < 500) return { how: "failed", said: error.detail };
    return null;
  }
}

function howOf({ status, requirements = [] }: RunOutput): Became["how"] {
  switch (status) {
    case "COMPLETED":
    case "REGENERATED":
      return "completed";
    case "CANCELLED":
      return "cancelled";
    case "ERROR":
      return "failed";
    case "PAUSED":
      // Answered, it is PAUSED until its turn comes, and then nothing of it is open.
      return requirements.length > 0 ? "waits" : "goesOn";
    default:
      return "goesOn";
  }
}
