import { describe, expect, it } from "vitest";
import { EVERYTHING, type Filter } from "../../../../ui/app/route.ts";
import { belongs, changesQuery, listQuery, withChanges, withOlder } from "../../../../ui/inbox/list-rules.ts";
import type { Known } from "../../../../ui/sessions/known.ts";

const filter = (of: Partial<Filter>): Filter => ({ ...EVERYTHING, ...of });
const session = (of: Partial<Known> = {}): Known => ({
  session_id: "s",
  session_name: "S",
  tags: [],
  pinned: false,
  archived: false,
  run_count: 1,
  message_count: 2,
  open_requirements: 0,
  created_at: "2026-01-01T00:00:00Z",
  updated_at: "2026-01-01T00:00:00Z",
  ...of,
});

describe("which sessions a list has", () => {
  it.each<[string, Partial<Filter>, Partial<Known>, boolean]>([
    ["all: what is not archived", {}, {}, true],
    ["all: nothing archived", {}, { archived: true }, false],
    ["archived: what is archived", { view: "archived" }, { archived: true }, true],
    ["archived: nothing else", { view: "archived" }, {}, false],
    ["waiting: what waits", { view: "waiting" }, { open_requirements: 2 }, true],
    ["waiting: nothing that was answered", { view: "waiting" }, {}, false],
    ["pinned: what is pinned", { view: "pinned" }, { pinned: true }, true],
    ["pinned: nothing else", { view: "pinned" }, {}, false],
    ["a tag: what has it", { tag: "a" }, { tags: ["b", "a"] }, true],
    ["a tag: nothing else", { tag: "a" }, { tags: ["ab"] }, false],
    ["an agent: its sessions", { component: "agents/a/b" }, { agent_id: "a/b" }, true],
    ["an agent: not those of a team of that name", { component: "agents/a" }, { team_id: "a" }, false],
    ["a team: its sessions", { component: "teams/a" }, { team_id: "a" }, true],
    ["a user: its sessions", { userId: "ada" }, { user_id: "ada" }, true],
    ["a user: nobody else's", { userId: "ada" }, { user_id: null }, false],
  ])("%s", (_rule, of, row, isIn) => {
    expect(belongs(session(row), filter(of), false)).toBe(isIn);
  });

  it("unread: what is unread", () => {
    expect([true, false].map((isUnread) => belongs(session(), filter({ view: "unread" }), isUnread))).toEqual([
      true,
      false,
    ]);
  });

  it("asks the server for the same", () => {
    const sort = { sort_by: "updated_at" };
    const all = filter({ view: "waiting", tag: "a", component: "teams/t" });
    expect(listQuery(all, 0)).toEqual({
      ...sort,
      type: "team",
      component_id: "t",
      has_open_requirements: true,
      tag: ["a"],
    });
    expect(listQuery(filter({ view: "unread" }), 1000)).toEqual({ ...sort, updated_after: "1970-01-01T00:00:01.000Z" });
  });

  it("asks for all that has changed, also for what has left the list", () => {
    expect(changesQuery(filter({ view: "pinned", tag: "a" }), "2026-01-01T00:00:00Z")).toEqual({
      sort_by: "updated_at",
      archived: "all",
      updated_after: "2026-01-01T00:00:00Z",
    });
  });
});

describe("a list that changes", () => {
  it("has what has changed at its head, in the server's order, and the rest as it was", () => {
    expect(withChanges(["a", "b", "c"], ["x", "c"], () => true)).toEqual(["x", "c", "a", "b"]);
    expect(withChanges(["a", "b", "c"], ["x", "c"], (id) => id !== "c")).toEqual(["x", "a", "b"]);
  });

  it("is the same one where nothing moves", () => {
    const ids = ["a", "b"];
    expect(withChanges(ids, ["a"], () => true)).toBe(ids);
  });

  it("has a session once that moved between two pages", () => {
    expect(withOlder(["a", "b"], ["b", "c"])).toEqual(["a", "b", "c"]);
  });
});
