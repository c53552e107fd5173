import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { residentBytes } from "../processor.ts";
import type { Contender } from "./contender.ts";
import type { PeerEffort } from "./effort.ts";
import type { Table } from "./table.ts";

const MB = 1024 * 1024;

/** What the processes hold; read once when they have started, and once more at the end. */
export function memoryOf(contenders: readonly Contender[]): number[] {
  return contenders.map(({ running }) => residentBytes(running.pid) / MB);
}

export function processTable(contenders: readonly Contender[], before: number[], after: number[]): Table {
  return {
    title: "Start and memory",
    note:
      "Once each. The product's start has Miniflare and all migrations in it, which a deployment has not; its bundle is made " +
      "before. The memory behind all measures has what each keeps of them, and what its garbage collector has left.",
    peers: contenders.map(({ name }) => name),
    rows: [
      { name: "start until it answers, ms", better: "less", cells: contenders.map(({ running }) => running.readyMs) },
      { name: "memory when started, MB", better: "less", cells: before },
      { name: "memory behind all measures, MB", better: "less", cells: after },
    ],
  };
}

/** How often a run waits for the disk, as the kernel counts it; or why nobody can count it. */
export async function measureSyncs(contenders: readonly Contender[], effort: PeerEffort): Promise<Table> {
  const peers = contenders.map(({ name }) => name);
  const title = "fsync and fdatasync a run, one client";
  if (spawnSync("strace", ["-V"]).error !== undefined)
    return { title, note: "Not counted: there is no strace here.", peers, rows: [] };
  const cells: (number | null)[] = [];
  for (const { running } of contenders) {
    const [id = ""] = (await running.seed?.("synced", 1, 10)) ?? [];
    await running.run(id, "every=0");
    const counted = await syncsDuring(running.pid, async () => {
      for (let nth = 0; nth < effort.synced; nth++) await running.run(id, "every=0");
    });
    cells.push(counted === null ? null : counted / effort.synced);
  }
  const note = cells.includes(null)
    ? "Where nothing stands, strace was not let in."
    : "Counted by strace, times apart.";
  return { title, note, peers, rows: [{ name: "a run", better: "less", cells }] };
}

const ATTACH_MS = 1_000;
const BEHIND_MS = 1_000;

async function syncsDuring(pid: number, work: () => Promise<void>): Promise<number | null> {
  const args = ["-f", "-c", "-U", "name,calls", "-e", "trace=fsync,fdatasync", "-p", String(pid)];
  const strace = spawn("strace", args, { stdio: ["ignore", "ignore", "pipe"] });
  const kill = () => strace.kill("SIGKILL");
  process.once("exit", kill);
  let said = "";
  strace.stderr.setEncoding("utf8").on("data", (text) => {
    said += text;
  });
  await new Promise((resolve) => setTimeout(resolve, ATTACH_MS));
  const isIn = strace.exitCode === null;
  await work();
  await new Promise((resolve) => setTimeout(resolve, BEHIND_MS));
  if (isIn) await stopped(strace);
  process.off("exit", kill);
  if (!isIn) return null;
  return [...said.matchAll(/^\s*(?:fsync|fdatasync)\s+(\d+)/gm)].reduce((sum, [, calls]) => sum + Number(calls), 0);
}

async function stopped(child: ChildProcess): Promise<void> {
  const closed = once(child, "close");
  child.kill("SIGINT");
  await closed;
}
