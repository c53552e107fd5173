import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import path from "node:path";
import { performance } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { bundleWorker, workerdVersion } from "../build.ts";
import { startModel } from "../model-process.ts";
import { agentOs } from "./agentos.ts";
import type { Contender } from "./contender.ts";
import { FULL, QUICK } from "./effort.ts";
import { mastra } from "./mastra.ts";
import { measureNames } from "./measure-names.ts";
import { measureAtOnce, measureDuring } from "./measure-one-session.ts";
import { measureSyncs, memoryOf, processTable } from "./measure-processes.ts";
import { measureLists, measureMessages } from "./measure-reads.ts";
import { measureLengths, measureThroughput } from "./measure-runs.ts";
import type { Peer } from "./peer.ts";
import { type Built, product, relay } from "./product.ts";
import { report } from "./report.ts";
import type { Table } from "./table.ts";

/*
 * `npm run bench:peers`: this product beside its peers, on this machine, in turns. `--tree ../older` puts another checkout of
 * the product beside them; `--quick` takes few samples and writes nothing; `--only runs,reads` takes some parts, and writes nothing.
 */

const HERE = path.dirname(path.dirname(import.meta.dirname));
const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    tree: { type: "string" },
    date: { type: "string", default: "undated" },
    only: { type: "string" },
  },
});
const startedAt = performance.now();
const [load = 0] = loadavg();
const effort = values.quick ? QUICK : FULL;
const bundles = await mkdtemp(path.join(tmpdir(), "bench-bundles-"));
const model = await startModel();
const contenders: Contender[] = [];
try {
  const built = await build(HERE);
  const peers: Peer[] = [product("product", built), agentOs, mastra, relay(built)];
  if (values.tree !== undefined) {
    peers.splice(1, 0, product("product before", { ...built, ...(await build(path.resolve(values.tree))) }));
  }
  // One after the other, so that each start is timed alone.
  for (const peer of peers) contenders.push({ name: peer.name, running: await peer.start(model.baseUrl) });
  const startMemory = memoryOf(contenders);
  const parts: Record<string, () => Promise<Table>[]> = {
    lengths: () => [measureLengths(contenders, effort)],
    runs: () => [measureThroughput(contenders, effort, 0)],
    slow: () => [measureThroughput(contenders, effort, 20)],
    once: () => [measureAtOnce(contenders, effort)],
    during: () => [measureDuring(contenders, effort)],
    messages: () => [measureMessages(contenders, effort)],
    // The lists fill the stores, so they come late.
    lists: () => [measureLists(contenders, effort)],
    syncs: () => [measureSyncs(contenders, effort)],
    names: () => [
      measureNames(
        peers.filter(({ name }) => name !== "bare relay"),
        model.baseUrl,
      ),
    ],
  };
  const asked = values.only?.split(",") ?? Object.keys(parts);
  const tables: Table[] = [];
  for (const name of asked) {
    const from = performance.now();
    for (const table of parts[name]?.() ?? never(name)) tables.push(await table);
    console.error(`${name}: ${((performance.now() - from) / 1_000).toFixed(1)} s`);
  }
  tables.push(processTable(contenders, startMemory, memoryOf(contenders)));
  const text = report({
    command: ["npm run bench:peers", ...(process.argv.length > 2 ? ["--", ...process.argv.slice(2)] : [])].join(" "),
    date: values.date,
    minutes: (performance.now() - startedAt) / 60_000,
    machine: {
      commit: execFileSync("git", ["describe", "--always", "--dirty"], { cwd: HERE, encoding: "utf8" }).trim(),
      cores: availableParallelism(),
      "load before": load.toFixed(1),
      CPU: cpus()[0]?.model ?? "unknown",
      Node: process.version,
      workerd: await workerdVersion(HERE),
    },
    peers,
    tables,
  });
  console.log(`\n${text}`);
  if (!values.quick && values.only === undefined) {
    await writeFile(path.join(HERE, "bench/PEERS.md"), text);
  }
} finally {
  await Promise.allSettled(contenders.map(({ running }) => running.stop()));
  model.stop();
  await rm(bundles, { recursive: true, force: true });
}

async function build(tree: string): Promise<Built> {
  const folder = path.join(bundles, path.basename(tree));
  const floor = await bundleWorker(tree, "bench/workers/floor.ts", `${folder}/floor`, "bench/workers/floor.toml");
  return { tree, app: await bundleWorker(tree, "src/index.ts", `${folder}/app`), floor };
}

function never(name: string): never {
  throw new Error(`There is no part "${name}".`);
}
