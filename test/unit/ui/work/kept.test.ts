import { expect, test } from "vitest";
import { dropKept, type Kept, keep, readKept } from "../../../../ui/work/kept.ts";

function storage(): Storage {
  const all = new Map<string, string>();
  return {
    getItem: (key: string) => all.get(key) ?? null,
    setItem: (key: string, value: string) => void all.set(key, value),
  } as unknown as Storage;
}

const job = (id: string): Kept => ({
  id,
  actor: "user:ada",
  kind: "job",
  job: { job_id: id, kind: "bulk", action: null, total: 1, userId: null },
});

test("an entry stands in place of the one with its id, and is dropped by it", () => {
  const places = storage();
  keep(places, job("a"));
  keep(places, job("b"));
  keep(places, { ...job("a"), actor: "user:grace" });
  expect(readKept(places).map(({ id, actor }) => [id, actor])).toEqual([
    ["b", "user:ada"],
    ["a", "user:grace"],
  ]);
  dropKept(places, "a");
  expect(readKept(places)).toEqual([job("b")]);
});

test("what somebody else has written is passed over", () => {
  const places = storage();
  for (const text of ["{", "{}", '[1,null,{"id":2}]', "null"]) {
    places.setItem("edge-sessions.work", text);
    expect(readKept(places)).toEqual([]);
  }
});

test("a browser that keeps nothing throws nothing", () => {
  const full = {
    ...storage(),
    setItem: () => {
      throw new Error("quota");
    },
  } as Storage;
  expect(() => keep(full, job("a"))).not.toThrow();
});
