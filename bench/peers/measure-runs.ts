import { performance } from "node:perf_hooks";
import { processorMs, untilIdle } from "../processor.ts";
import { interleave, median, type Sample } from "../rounds.ts";
import type { Contender } from "./contender.ts";
import type { PeerEffort } from "./effort.ts";
import { rowOf, type Table } from "./table.ts";

const LENGTHS = [10, 1_000];
const RUNS_A_SESSION = 8;

/** One run after the other, in sessions of some length that a run has warmed. */
export async function measureLengths(contenders: readonly Contender[], effort: PeerEffort): Promise<Table> {
  const takers: (() => Promise<Sample>)[] = [];
  for (const { name, running } of contenders) {
    for (const length of LENGTHS) {
      const count = Math.ceil(effort.lengths / RUNS_A_SESSION) + 1;
      const ids = (await running.seed?.(`length${length}`, count, length)) ?? [""];
      let runs = 0;
      takers.push(async () => {
        const id = ids[Math.floor(runs / RUNS_A_SESSION) % ids.length] ?? "";
        if (runs++ % RUNS_A_SESSION === 0) await running.run(id, "every=0");
        const { firstMs, totalMs } = await running.run(id, "every=0");
        return { [`${name} first ${length}`]: firstMs, [`${name} whole ${length}`]: totalMs };
      });
    }
  }
  const samples = await interleave(takers, { rounds: effort.lengths, warmUp: 4 });
  const peers = contenders.map(({ name }) => name);
  const rows = LENGTHS.flatMap((length) =>
    (["first", "whole"] as const).map((part) => {
      const name = `${part === "first" ? "first token" : "whole run"}, ${length.toLocaleString("en")} messages, ms`;
      return rowOf(samples, peers, { name, what: `${part} ${length}`, better: "less" });
    }),
  );
  return { title: "One run by the length of its session, model at 0 ms a delta", note: "", peers, rows };
}

const CLIENTS = [1, 8, 32];

/** So many clients at once, each in a warm session of its own. */
export async function measureThroughput(
  contenders: readonly Contender[],
  effort: PeerEffort,
  every: 0 | 20,
): Promise<Table> {
  const peers = contenders.map(({ name }) => name);
  const message = `every=${every}`;
  const rows = [];
  for (const clients of CLIENTS) {
    // The more clients, the more runs a turn has, and the fewer turns it takes.
    const rounds = Math.max(
      effort.fewest,
      Math.ceil((every === 0 ? effort.fast / 2 : effort.slow) / Math.sqrt(clients)),
    );
    const runs = every === 0 ? Math.max(1, Math.round(16 / (clients + 1))) : 1;
    const takers: (() => Promise<Sample>)[] = [];
    for (const contender of contenders) takers.push(await turnsOf(contender, { clients, runs, rounds, message }));
    const samples = await interleave(takers, { rounds, warmUp: 1 });
    const who = `${clients} client${clients === 1 ? "" : "s"}`;
    rows.push(
      rowOf(samples, peers, { name: `${who}: runs a second`, what: "rate", better: "more" }),
      rowOf(samples, peers, { name: `${who}: processor ms a run`, what: "processor", better: "less" }),
      rowOf(samples, peers, { name: `${who}: first token, ms`, what: "first", better: "less" }),
      rowOf(samples, peers, { name: `${who}: whole run, ms`, what: "whole", better: "less" }),
    );
  }
  const note =
    "Processor time is that of the server's process, with what it does behind its last answer." +
    (every === 0
      ? ""
      : " The model takes a second for its 50 deltas, so nobody can make more runs a second than clients.");
  return { title: `Runs at once, model at ${every} ms a delta`, note, peers, rows };
}

interface Turns {
  clients: number;
  runs: number;
  rounds: number;
  message: string;
}

async function turnsOf({ name, running }: Contender, { clients, runs, rounds, message }: Turns) {
  const ids = await running.seed?.(`turns${clients}${message.replace("=", "")}`, clients * (rounds + 1), 10);
  let taken = 0;
  return async (): Promise<Sample> => {
    const own = Array.from({ length: clients }, () => ids?.[taken++ % ids.length] ?? "");
    await Promise.all(own.map((id) => running.run(id, "every=0")));
    await untilIdle(running.pid);
    const [startedAt, computed] = [performance.now(), processorMs(running.pid)];
    const all = await Promise.all(
      own.map(async (id) => {
        const times = [];
        for (let nth = 0; nth < runs; nth++) times.push(await running.run(id, message));
        return times;
      }),
    );
    const seconds = (performance.now() - startedAt) / 1_000;
    await untilIdle(running.pid);
    return {
      [`${name} rate`]: (clients * runs) / seconds,
      [`${name} processor`]: (processorMs(running.pid) - computed) / (clients * runs),
      [`${name} first`]: median(all.flat().map(({ firstMs }) => firstMs)),
      [`${name} whole`]: median(all.flat().map(({ totalMs }) => totalMs)),
    };
  };
}
