import { expect, it } from "vitest";
import { AgnoRunOrder } from "../../src/portable/agno/run-order.ts";
import type { AgnoRun } from "../../src/portable/agno/runs.ts";

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
