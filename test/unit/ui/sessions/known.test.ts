import { effect } from "@preact/signals";
import { beforeEach, describe, expect, it } from "vitest";
import type { Session } from "../../../../packages/client/src/index.ts";
import { assume, forget, forgetAll, isNews, known, knownTags, learn } from "../../../../ui/sessions/known.ts";

const row = (changed: Partial<Session> = {}): Session => ({
  session_id: "s",
  session_name: "Kyoto",
  session_type: "agent",
  tags: [],
  pinned: false,
  archived: false,
  run_count: 1,
  message_count: 2,
  open_requirements: 0,
  created_at: "2026-11-30T10:00:00Z",
  updated_at: "2026-11-30T10:00:00Z",
  ...changed,
});
const shown = () => known("s").peek();

describe("what the page knows of a session", () => {
  beforeEach(forgetAll);

  it("is news until the server has said it, and again when the server says something else", () => {
    expect(isNews(row())).toBe(true);
    learn(row());
    expect(isNews({ ...row({ user_id: null }), highlights: [] } as never)).toBe(false);
    expect(isNews(row({ session_name: "Nara" }))).toBe(true);
  });

  it("is told again only if something is another, in whatever order and with whatever nulls it comes", () => {
    learn(row());
    let renders = -1;
    const end = effect(() => {
      known("s").value;
      renders += 1;
    });
    learn(row());
    learn(Object.fromEntries(Object.entries(row({ user_id: null })).reverse()) as unknown as Session);
    learn({ ...row(), chat_history: [], chat_history_total: 2 } as never);
    expect(renders).toBe(0);
    learn(row({ session_name: "Nara", updated_at: "2026-11-30T10:00:01Z" }));
    expect(renders).toBe(1);
    end();
  });

  it("is not what a slower answer says, which is older", () => {
    learn(row({ session_name: "Nara", updated_at: "2026-11-30T10:00:01Z" }));
    learn(row());
    expect(shown()?.session_name).toBe("Nara");
  });

  it("is what is assumed until that ends, whatever the server says meanwhile", () => {
    learn(row());
    const end = assume("s", { pinned: true });
    learn(row({ session_name: "Nara" }));
    expect(shown()).toMatchObject({ session_name: "Nara", pinned: true });
    end();
    expect(shown()).toMatchObject({ session_name: "Nara", pinned: false });
  });

  it("keeps a change that was made by a request that answers no session", () => {
    learn(row());
    assume("s", { archived: true })(true);
    expect(shown()?.archived).toBe(true);
  });

  it("ends one of two changes alone", () => {
    learn(row());
    const endFirst = assume("s", { pinned: true });
    const endSecond = assume("s", { tags: ["vip"] });
    endFirst();
    expect(shown()).toMatchObject({ pinned: false, tags: ["vip"] });
    endSecond();
    expect(shown()).toMatchObject({ tags: [] });
  });

  it("is nothing once it is gone, and what it was where it comes back", () => {
    learn(row());
    const bringBack = forget("s");
    expect(shown()).toBe(null);
    bringBack();
    expect(shown()?.session_name).toBe("Kyoto");
  });

  it("has the tags of all sessions, the most used ones first", () => {
    learn(row({ tags: ["b", "a"] }));
    learn(row({ session_id: "t", tags: ["c", "b"] }));
    expect(knownTags()).toEqual(["b", "a", "c"]);
  });
});
