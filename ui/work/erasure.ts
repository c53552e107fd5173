import { me } from "../access/access.ts";
import { go, openSessionId } from "../app/place.ts";
import { device } from "../app/stored.ts";
import { api } from "../server/api.ts";
import { forgetUser, known } from "../sessions/known.ts";
import { texts } from "../texts/index.ts";
import { keep } from "./kept.ts";
import { patiently } from "./patience.ts";
import { begin, change, end, fail, isGoingOn, setAway } from "./work.ts";

/** Beyond this the server counts no further. */
const MAX_COUNTED = 10_000;

/** Erases everything of a user. The server goes on by itself whatever becomes of this page; each call here erases some more. */
export async function eraseUser(userId: string, total: number | null): Promise<void> {
  const id = `erasure ${userId}`;
  if (isGoingOn(id)) return;
  keep(device, { id, actor: me.peek()?.actor ?? "", kind: "erasure", userId, total });
  const signal = begin({ id, title: texts.work.erasing(userId), unit: "sessions", total });
  const onAway = (isAway: boolean) => setAway(id, isAway);
  try {
    for (let remaining = 1; remaining > 0; ) {
      remaining = await patiently((signal) => eraseSome(userId, signal), { signal, onAway });
      if (remaining >= MAX_COUNTED) continue;
      // It may have had more than the count that was asked for: archived, deleted, or new ones.
      const whole = Math.max(total ?? remaining, remaining);
      change(id, { total: whole, done: whole - remaining });
    }
    const open = openSessionId.peek();
    if (open !== null && known(open).peek()?.user_id === userId) go({ screen: "inbox" });
    forgetUser(userId);
    end(id, texts.work.erased);
  } catch (error) {
    fail(id, error, () => void eraseUser(userId, total));
  }
}

/** Answers how many are left. */
async function eraseSome(userId: string, signal: AbortSignal): Promise<number> {
  const path = `/users/${encodeURIComponent(userId)}/sessions`;
  const { data } = await api.request<{ remaining: number } | null>("DELETE", path, { signal });
  return data?.remaining ?? 0;
}
