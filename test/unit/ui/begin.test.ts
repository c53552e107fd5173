import { describe, expect, it } from "vitest";
import { EMPTY_DRAFT, firstChoice, listWith, requestOf } from "../../../ui/begin/begin.ts";
import type { Component } from "../../../ui/server/component.ts";

const component = (kind: Component["kind"], id: string): Component => ({
  kind,
  id,
  name: id,
  description: "",
  model: "",
});
const offered = [component("agent", "assistant"), component("agent", "desk"), component("team", "desk")];

describe("who answers a new conversation", () => {
  it("is whom the list is filtered by, else who was asked last, else the first", () => {
    expect(firstChoice(offered, "teams/desk", "agent:desk")).toBe(offered[2]);
    expect(firstChoice(offered, null, "agent:desk")).toBe(offered[1]);
    expect(firstChoice(offered, "agents/gone", "agent:gone")).toBe(offered[0]);
    expect(firstChoice([], "agents/gone", null)).toBeNull();
  });
});

describe("the list beside a conversation that begins", () => {
  it("shows it: what narrows the list stays where the conversation passes it, and goes where not", () => {
    const narrow = { view: "pinned", tag: "billing", component: "teams/desk", userId: "ada", words: "kyoto" } as const;
    const wide = { view: "all", tag: null, component: null, userId: null, words: "" };
    expect(listWith(narrow, component("team", "desk"), "ada")).toEqual({
      ...wide,
      component: "teams/desk",
      userId: "ada",
    });
    expect(listWith(narrow, component("agent", "desk"), "")).toEqual(wide);
  });
});

describe("the first message", () => {
  it("goes to the session that is named, or to a new one", () => {
    const draft = { ...EMPTY_DRAFT, message: "Hello" };
    expect(requestOf(draft, component("team", "a/b"), "made")).toEqual({
      sessionId: "made",
      path: "/teams/a%2Fb/runs",
      body: { message: "Hello", session_id: "made", stream: false, background: true },
    });
    expect(requestOf({ ...draft, sessionId: " trip " }, component("agent", "x"), "made").sessionId).toBe("trip");
  });
});
