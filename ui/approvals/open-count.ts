import { signal } from "@preact/signals";
import type { RequirementList } from "../../packages/client/src/index.ts";
import { may } from "../access/access.ts";
import { api, refused } from "../server/api.ts";
import { everyPoll } from "../server/poll.ts";

/** How many requirements are open, as the server counts them; null until it has said so. It counts up to 1,000. */
export const openCount = signal<{ count: number; isCapped: boolean } | null>(null);

export function takeCount({ total_count: count, total_count_capped: capped }: RequirementList["meta"]): void {
  if (count === undefined) return;
  const isCapped = capped === true;
  const before = openCount.peek();
  if (before?.count !== count || before.isCapped !== isCapped) openCount.value = { count, isCapped };
}

async function askCount(): Promise<void> {
  if (!may("approvals:read")) return;
  const { data } = await api.request<RequirementList>("GET", "/requirements", { query: { status: "open", limit: 1 } });
  takeCount(data.meta);
}

/** Keeps the number true as long as somebody is signed in. Answers what ends it. */
export function watchOpenCount(): () => void {
  askCount().catch(refused);
  const end = everyPoll(askCount);
  return () => {
    end();
    openCount.value = null;
  };
}
