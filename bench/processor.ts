import { readdirSync, readFileSync } from "node:fs";

/*
 * What processes use, by the kernel's own books in /proc. There they stand on Linux only: elsewhere all of this is NaN, and
 * whoever shows it says so.
 */

/** Linux counts processor time for programs in hundredths of a second, whatever it uses itself. */
const MS_PER_TICK = 10;
const PAGE_BYTES = 4_096;

interface Process {
  pid: number;
  parent: number;
  /** User and system time, and that of children that have ended. */
  ms: number;
  residentBytes: number;
}

export const canReadProcessor = (): boolean => processes().length > 0;

/** The processes whose parent is this one. */
export function childrenOf(pid: number): number[] {
  return processes()
    .filter(({ parent }) => parent === pid)
    .map((child) => child.pid);
}

/** Milliseconds that this process and all below it have computed so far. */
export function processorMs(pid: number): number {
  return sum(tree(pid).map(({ ms }) => ms));
}

/** Bytes of memory that this process and all below it hold. Pages that two of them share count twice. */
export function residentBytes(pid: number): number {
  return sum(tree(pid).map((process) => process.residentBytes));
}

const LOOK_MS = 50;
const MAX_WAIT_MS = 3_000;

/** Waits until the process has computed nothing for 100 ms: what it does behind its last answer is done then. */
export async function untilIdle(pid: number): Promise<void> {
  let quiet = 0;
  for (let waited = 0; quiet < 2 && waited < MAX_WAIT_MS; waited += LOOK_MS) {
    const before = processorMs(pid);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    quiet = processorMs(pid) > before ? 0 : quiet + 1;
  }
}

function tree(root: number): Process[] {
  const all = processes();
  const below = (pid: number): Process[] =>
    all.filter(({ parent }) => parent === pid).flatMap((child) => [child, ...below(child.pid)]);
  return [...all.filter(({ pid }) => pid === root), ...below(root)];
}

function processes(): Process[] {
  let names: string[];
  try {
    names = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
  return names.flatMap((name) => readProcess(Number(name)));
}

function readProcess(pid: number): Process[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name of a program stands in brackets and may hold any character; numbers are behind the last one.
    const fields = stat
      .slice(stat.lastIndexOf(")") + 2)
      .split(" ")
      .map(Number);
    const field = (nth: number) => fields[nth - 3] ?? Number.NaN;
    const ms = (field(14) + field(15) + field(16) + field(17)) * MS_PER_TICK;
    return [{ pid, parent: field(4), ms, residentBytes: field(24) * PAGE_BYTES }];
  } catch {
    // It has ended since it was listed.
    return [];
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.length === 0 ? Number.NaN : numbers.reduce((total, one) => total + one, 0);
}
