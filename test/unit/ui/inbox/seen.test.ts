import { describe, expect, it } from "vitest";
import { countsOf, isUnread, MARKED_UNREAD, nowSeen, readSeen, type Seen } from "../../../../ui/inbox/seen.ts";

const NOTHING: Seen = { sinceMs: Date.parse("2026-01-02T00:00:00Z"), sessions: [] };
const session = (message_count: number, updated_at = "2026-01-03T00:00:00Z", session_id = "s") => ({
  session_id,
  message_count,
  updated_at,
});
const unread = (seen: Seen, ...of: Parameters<typeof session>) =>
  isUnread(session(...of), seen.sinceMs, countsOf(seen));
const see = (seen: Seen, id: string, messages: number, atMs = 0) => nowSeen(seen, [id], () => messages, atMs);

describe("what is unread", () => {
  it("of what was never shown, is what has changed since the first visit", () => {
    expect(unread(NOTHING, 2, "2026-01-01T23:59:59Z")).toBe(false);
    expect(unread(NOTHING, 2)).toBe(true);
    expect(unread(NOTHING, 0)).toBe(false);
  });

  it("of what was shown, is what has more messages than then, whenever that was", () => {
    const seen = see(NOTHING, "s", 2);
    expect([unread(seen, 2), unread(seen, 3), unread(seen, 3, "2025-01-01T00:00:00Z")]).toEqual([false, true, true]);
  });

  it("is what was marked as unread, with or without messages", () => {
    expect(unread(see(NOTHING, "s", MARKED_UNREAD), 0)).toBe(true);
  });

  it("keeps the newest 2,000 sessions, and what it drops is not unread then", () => {
    let seen = NOTHING;
    const droppedMs = Date.parse("2026-01-04T00:00:00Z");
    seen = see(seen, "s", 2, droppedMs);
    seen = nowSeen(
      seen,
      Array.from({ length: 2_000 }, (_, at) => `other-${at}`),
      () => 1,
      droppedMs + 1,
    );
    expect(seen.sessions).toHaveLength(2_000);
    expect(seen.sessions.some(([id]) => id === "s")).toBe(false);
    expect(unread(seen, 2)).toBe(false);
    expect(unread(seen, 3, "2026-01-04T00:00:01Z")).toBe(true);
  });

  it("moves what is seen again to the newest", () => {
    const seen = see(see(see(NOTHING, "a", 1), "b", 1), "a", 2);
    expect(seen.sessions.map(([id, messages]) => [id, messages])).toEqual([
      ["b", 1],
      ["a", 2],
    ]);
  });

  it("is read from what was kept, and begins anew with what is none of ours", () => {
    const seen = see(NOTHING, "s", 2);
    expect(readSeen(JSON.stringify(seen))).toEqual(seen);
    for (const kept of [null, "", "{", "[]", "{}", '{"sinceMs":1,"sessions":[[1]]}', '{"sinceMs":"1","sessions":[]}']) {
      expect(readSeen(kept)).toBe(null);
    }
  });
});
