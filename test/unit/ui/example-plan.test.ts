import { describe, expect, it } from "vitest";
import { exampleMetadata, isExample } from "../../../ui/begin/example-mark.ts";
import { type Answerer, planExamples } from "../../../ui/begin/example-plan.ts";

const TALKER: Answerer = { kind: "agent", id: "talker", tools: [] };
const OPERATOR: Answerer = { kind: "agent", id: "operator", tools: ["add", "delete_record", "run_shell"] };
const TEAM: Answerer = { kind: "team", id: "desk", tools: [] };

describe("the examples", () => {
  it("are six to eight, of agents and a team, with one that is pinned", () => {
    const planned = planExamples([TALKER, OPERATOR, TEAM]);
    expect(planned.length).toBeGreaterThanOrEqual(6);
    expect(planned.length).toBeLessThanOrEqual(8);
    expect(new Set(planned.map(({ of }) => of.id))).toEqual(new Set(["talker", "operator", "desk"]));
    expect(planned.filter(({ isPinned }) => isPinned)).toHaveLength(1);
  });

  it("end with the one that waits for a person, so that it is on top", () => {
    const waits = planExamples([TALKER, OPERATOR, TEAM]).map(({ says }) =>
      says.some(({ message, answer }) => /^\/tool (delete_record|run_shell)/.test(message) && answer === undefined),
    );
    expect(waits.at(-1)).toBe(true);
    expect(waits.filter(Boolean)).toHaveLength(1);
  });

  it("are left out whose agent, tool or team is not there", () => {
    expect(planExamples([TALKER]).every(({ of }) => of.id === "talker")).toBe(true);
    expect(planExamples([TEAM]).map(({ of }) => of.id)).toEqual(["desk"]);
    expect(planExamples([])).toEqual([]);
  });

  it("call the tools of an agent with JSON", () => {
    for (const { of, says } of planExamples([OPERATOR])) {
      for (const { message } of says) {
        const [, tool, args] = /^\/tool (\S+) (.*)$/.exec(message) ?? [];
        if (tool === undefined) continue;
        expect(of.tools).toContain(tool);
        expect(() => JSON.parse(args ?? "")).not.toThrow();
      }
    }
  });
});

describe("what is an example", () => {
  const made = { session_id: "a", tags: ["example"], metadata: exampleMetadata("a") };

  it("is what was made as one, and has its tag", () => {
    expect(isExample(made)).toBe(true);
    expect(isExample({ ...made, tags: ["example", "mine"] })).toBe(true);
  });

  it("is nothing that has a person's own tag, that was forked, or whose tag was taken away", () => {
    expect(isExample({ ...made, metadata: null })).toBe(false);
    expect(isExample({ ...made, metadata: {} })).toBe(false);
    expect(isExample({ ...made, session_id: "b" })).toBe(false);
    expect(isExample({ ...made, tags: [] })).toBe(false);
  });
});
