import { describe, expect, it } from "vitest";
import { operationsOf, planEpochs, prefixOf } from "../../../../scripts/histories/plan.ts";
import { shortestPrefix } from "../../../../scripts/histories/shrink.ts";

const tokens = (plan: ReturnType<typeof planEpochs>) =>
  plan.flatMap(({ sessions }) =>
    sessions.flatMap(({ clients, wake }) => [...clients.flat(), ...wake].map(({ token }) => token)),
  );

describe("the plan of the histories", () => {
  it("follows from its seed", () => {
    expect(planEpochs(7, 3)).toEqual(planEpochs(7, 3));
    expect(planEpochs(7, 3)).not.toEqual(planEpochs(8, 3));
  });

  it("begins alike, however many epochs there are", () => {
    expect(planEpochs(7, 5).slice(0, 2)).toEqual(planEpochs(7, 2));
  });

  it("has a word of its own for each operation", () => {
    const all = tokens(planEpochs(7, 6));
    expect(new Set(all).size).toBe(all.length);
  });

  it("has every kind of operation", () => {
    const kinds = new Set(
      planEpochs(7, 12).flatMap(({ sessions }) =>
        sessions.flatMap(({ clients }) => clients.flat().map(({ action }) => action.kind)),
      ),
    );
    expect([...kinds].sort()).toEqual(
      "branch cancel continue delete fork list patch read regenerate rename restore resume run search tag".split(" "),
    );
  });

  it("kills the server in every epoch, while something is done", () => {
    for (const epoch of planEpochs(7, 20)) {
      expect(epoch.kill.operation).toBeGreaterThan(0);
      expect(epoch.kill.operation).toBeLessThanOrEqual(operationsOf(epoch));
    }
  });

  it("is cut behind any of its operations, and has a kill then too", () => {
    const plan = planEpochs(7, 3);
    const all = plan.reduce((sum, epoch) => sum + operationsOf(epoch), 0);
    const first = plan[0] === undefined ? 0 : operationsOf(plan[0]);
    for (const count of [1, first, first + 1, all]) {
      const prefix = prefixOf(plan, count);
      expect(prefix.reduce((sum, epoch) => sum + operationsOf(epoch), 0)).toBe(count);
      expect(prefix.at(-1)?.kill.operation).toBeLessThanOrEqual(count);
    }
    expect(prefixOf(plan, first)).toHaveLength(1);
    expect(prefixOf(plan, all)).toEqual(plan);
  });
});

describe("the shortest beginning that fails", () => {
  it("is found by halving", async () => {
    const tried: number[] = [];
    const fails = async (operations: number) => {
      tried.push(operations);
      return operations >= 37;
    };
    expect(await shortestPrefix(100, fails)).toBe(37);
    expect(tried.length).toBeLessThan(9);
  });

  it("is one operation, where that fails", async () => {
    expect(await shortestPrefix(100, async () => true)).toBe(1);
  });

  it("is none where all of it does not fail again", async () => {
    expect(await shortestPrefix(100, async () => false)).toBeNull();
  });
});
