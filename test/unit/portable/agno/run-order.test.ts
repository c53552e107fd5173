import { expect, it } from "vitest";
import { AgnoRunOrder } from "../../../../src/portable/agno/run-order.ts";
import type { AgnoRun } from "../../../../src/portable/agno/runs.ts";

const MB = 1024 * 1024;
const run = (runId: string, parentRunId: string | null = null) =>
  ({ run: { runId, parentRunId }, messages: [], requirements: [], delegations: [] }) as unknown as AgnoRun;

it("counts what is held now: member runs that found their team run make room for others", () => {
  const order = new AgnoRunOrder();
  order.add(run("orphan", "gone"), 1);
  for (let nth = 0; nth < 10; nth += 1) {
    order.add(run(`member-${nth}`, `team-${nth}`), 3 * MB);
    expect(order.isFull).toBe(false);
    order.add(run(`team-${nth}`), 0);
  }
  order.add(run("last"), 0);
  for (let nth = 0; nth < 5; nth += 1) order.add(run(`waiting-${nth}`, "late"), 3 * MB);
  expect(order.isFull).toBe(false);
  order.add(run("one-too-many", "late"), 2 * MB);
  expect(order.isFull).toBe(true);
  expect(order.end().map(({ run: { runId } }) => runId)[0]).toBe("last");
});

it("looks at what is held only when its run comes, however many others come and however deep it nests", () => {
  const order = new AgnoRunOrder();
  let looks = 0;
  const counted = (runId: string, parentRunId: string | null = null) => {
    const counting = run(runId, parentRunId);
    Object.defineProperty(counting.run, "parentRunId", {
      enumerable: true,
      get: () => {
        looks += 1;
        return parentRunId;
      },
    });
    return counting;
  };
  const held = 200;
  const tops = 50;
  for (let nth = 0; nth < held; nth += 1) order.add(counted(`held-${nth}`, `held-${nth + 1}`), 1);
  const placed = Array.from({ length: tops }, (_, nth) => order.add(counted(`top-${nth}`), 1)).flat();
  placed.push(...order.add(counted(`held-${held}`), 1), ...order.end());
  expect(placed.map(({ run: { runId } }) => runId)).toEqual([
    ...Array.from({ length: tops }, (_, nth) => `top-${nth}`),
    ...Array.from({ length: held + 1 }, (_, nth) => `held-${nth}`),
  ]);
  expect(placed.at(-1)?.run.memberSlots).toBe(held);
  expect(looks).toBeLessThan(5 * (held + tops));
});

it("keeps members in the order in which they came, and ends where they are in each other", () => {
  const order = new AgnoRunOrder();
  const ids = (runs: AgnoRun[]) => runs.map(({ run: { runId } }) => runId);
  for (const [id, parent] of [
    ["deep", "near"],
    ["in-itself", "in-itself"],
    ["near", "top"],
    ["around", "about"],
    ["about", "around"],
    ["top", "near"],
    ["late", "top"],
  ] as const) {
    order.add(run(id, parent), 1);
  }
  expect(order.add(run("top"), 1)).toEqual([]);
  expect(ids(order.add(run("next"), 1))).toEqual(["deep", "near", "top", "late", "top"]);
  expect(ids(order.end())).toEqual(["next", "in-itself", "around", "about"]);
});
