import { expect, test } from "vitest";
import type { Run } from "../../../../packages/client/src/index.ts";
import { modelsOf, type RunNode, runTree, withNewest } from "../../../../ui/details/run-tree.ts";

const run = (runId: string, parent = "", rest: Partial<Run> = {}): Run => ({
  run_id: runId,
  parent_run_id: parent,
  status: "COMPLETED",
  content: "",
  created_at: "2026-11-30T17:00:00Z",
  ...rest,
});

const shape = (nodes: readonly RunNode[]): unknown =>
  nodes.map(({ run: { run_id: id }, members }) => (members.length === 0 ? id : [id, shape(members)]));

test("the newest run is first, and members stand below the run that they are of, at any depth", () => {
  const runs = [run("a"), run("m2", "m1"), run("m1", "t"), run("m3", "t"), run("t"), run("z")];
  expect(shape(runTree(runs))).toEqual(["z", ["t", [["m1", ["m2"]], "m3"]], "a"]);
});

test("a member whose team's run is not there yet stands for itself", () => {
  expect(shape(runTree([run("m", "older"), run("a")]))).toEqual(["a", "m"]);
});

test("a newer page goes on with what is known, and stands alone where it leaves a gap", () => {
  const known = [run("a"), run("b"), run("c")];
  const changed = run("c", "", { status: "REGENERATED" });
  expect(withNewest(known, [changed, run("d")])).toEqual([run("a"), run("b"), changed, run("d")]);
  expect(withNewest(known, [run("x"), run("y")])).toEqual([run("x"), run("y")]);
});

test("the models are those that answered, each once, and the class where no name is told", () => {
  const details = { model: [{ id: "gpt-a" }, { id: "gpt-b" }, { id: "gpt-a" }] };
  expect(modelsOf(run("a", "", { metrics: { details } }))).toBe("gpt-a, gpt-b");
  expect(modelsOf(run("a", "", { model_name: "OpenAIChat" }))).toBe("OpenAIChat");
  expect(modelsOf(run("a"))).toBeNull();
});
