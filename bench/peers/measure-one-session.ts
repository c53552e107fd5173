import { performance } from "node:perf_hooks";
import { interleave, type Sample } from "../rounds.ts";
import { type Contender, never } from "./contender.ts";
import type { PeerEffort } from "./effort.ts";
import { type Row, rowOf, type Table } from "./table.ts";

const AT_ONCE = 20;
const RUN = "every=0";

/** Twenty runs at once in one session: how long all take, and how many of them are kept. */
export async function measureAtOnce(contenders: readonly Contender[], effort: PeerEffort): Promise<Table> {
  const able = contenders.filter(({ running }) => running.look !== undefined);
  const rounds = effort.during;
  const kept = new Map<string, number[]>();
  const takers: (() => Promise<Sample>)[] = [];
  for (const { name, running } of able) {
    const ids = (await running.seed?.("once", rounds + 1, 10)) ?? never(name);
    takers.push(async () => {
      const id = ids.pop() ?? never("A session");
      await running.run(id, RUN);
      const before = (await running.look?.(id))?.runs ?? 0;
      const startedAt = performance.now();
      const ended = await Promise.allSettled(Array.from({ length: AT_ONCE }, () => running.run(id, RUN)));
      const ms = performance.now() - startedAt;
      const after = (await running.look?.(id))?.runs ?? 0;
      kept.set(name, [...(kept.get(name) ?? []), after - before]);
      return { [`${name} ms`]: ms, [`${name} well`]: ended.filter(({ status }) => status === "fulfilled").length };
    });
  }
  const samples = await interleave(takers, { rounds, warmUp: 1 });
  const peers = able.map(({ name }) => name);
  const rows: Row[] = [
    rowOf(samples, peers, { name: "all of them, ms", what: "ms", better: "less" }),
    rowOf(samples, peers, { name: "answered well", what: "well", better: "more" }),
    { name: "kept, at least", better: "more", cells: peers.map((peer) => Math.min(...(kept.get(peer) ?? [0]))) },
  ];
  const note = "The product puts them in a row, so that each answers with those before it. The peers are not known to.";
  return { title: `${AT_ONCE} runs at once in one session, model at 0 ms a delta`, note, peers, rows };
}

/** A session is named, and its state changed, while a run of a second goes on in it. */
export async function measureDuring(contenders: readonly Contender[], effort: PeerEffort): Promise<Table> {
  const able = contenders.filter(({ running }) => running.look !== undefined);
  const kept = new Map<string, boolean[]>();
  const keep = (key: string, is: boolean) => kept.set(key, [...(kept.get(key) ?? []), is]);
  const takers: (() => Promise<Sample>)[] = [];
  for (const { name, running } of able) {
    const ids = (await running.seed?.("during", effort.during + 1, 10)) ?? never(name);
    takers.push(async () => {
      const id = ids.pop() ?? never("A session");
      await running.run(id, RUN);
      const run = running.run(id, "every=20");
      run.catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 300));
      const renameMs = await timed(() => running.rename?.(id, "By hand"));
      const stateMs = await timed(() => running.changeState?.(id, { colour: "blue" }));
      await run;
      const seen = await running.look?.(id);
      keep(`${name} name`, seen?.name === "By hand");
      keep(`${name} state`, seen?.state.colour === "blue");
      return { [`${name} rename`]: renameMs, [`${name} change`]: stateMs };
    });
  }
  const samples = await interleave(takers, { rounds: effort.during, warmUp: 1 });
  const peers = able.map(({ name }) => name);
  const share = (what: string) =>
    peers.map((peer) => {
      const all = kept.get(`${peer} ${what}`) ?? [];
      return `${all.filter(Boolean).length} of ${all.length}`;
    });
  const rows: Row[] = [
    rowOf(samples, peers, { name: "rename, ms", what: "rename", better: "less" }),
    { name: "the name is there after the run", better: null, cells: share("name") },
    rowOf(samples, peers, { name: "change of state, ms", what: "change", better: "less" }),
    { name: "the change is there after the run", better: null, cells: share("state") },
  ];
  return { title: "A rename and a change of state during a run, model at 20 ms a delta", note: "", peers, rows };
}

async function timed(act: () => Promise<void> | undefined): Promise<number> {
  const startedAt = performance.now();
  await act();
  return performance.now() - startedAt;
}
