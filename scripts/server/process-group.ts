import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { constants } from "node:os";

/** How long a group may take to end by itself. It is killed after that. */
const GRACE_MS = 5_000;
const GONE_MS = 2_000;
const PARENT_CHECK_MS = 500;

/** A program and all processes that it starts. Wrangler, for example, starts workerd and esbuild. */
export interface ProcessGroup {
  child: ChildProcess;
  /** The program's exit code. If a signal ended the program, this is 128 and the signal's number. Never rejects. */
  exited: Promise<number>;
  /** Ends all processes of the group. Settles when none of them is left. */
  stop(): Promise<void>;
  /** Kills all processes of the group, as a crash would. */
  kill(): Promise<void>;
}

const groups = new Set<ProcessGroup>();

/**
 * Starts a program as the leader of its own process group. Signals then reach all its processes, and only this script sends
 * them.
 */
export function spawnGroup(command: string, args: readonly string[], options: SpawnOptions): ProcessGroup {
  const child = spawn(command, args, { ...options, detached: true });
  const exited = new Promise<number>((settle) => {
    child.once("exit", (code, signal) => settle(code ?? exitCodeOf(signal)));
    child.once("error", () => settle(127));
  });
  const group: ProcessGroup = {
    child,
    exited,
    async stop() {
      // Another group may have got the number of a group that is gone.
      if (!groups.has(group)) return;
      signalGroup(child, "SIGTERM");
      await Promise.race([exited, new Promise((wake) => setTimeout(wake, GRACE_MS).unref())]);
      await group.kill();
    },
    async kill() {
      if (!groups.has(group)) return;
      signalGroup(child, "SIGKILL");
      await exited;
      await groupGone(child);
      groups.delete(group);
    },
  };
  groups.add(group);
  return group;
}

/** The exit code that shells give a program which a signal ended. */
export function exitCodeOf(signal: NodeJS.Signals | null): number {
  return signal === null ? 1 : 128 + constants.signals[signal];
}

/**
 * Stops all groups on Ctrl-C, on a hang-up and on a kill, and then ends this process. A second such signal ends it at once.
 * However this process ends, no group outlives it. Returns a function that says whether the end has begun.
 */
export function stopGroupsAtEnd(): () => boolean {
  let stopping = false;
  const end = (signal: NodeJS.Signals) => {
    const exit = () => process.exit(exitCodeOf(signal));
    if (stopping) exit();
    stopping = true;
    Promise.all([...groups].map((group) => group.stop())).then(exit, exit);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, end);
  if (process.env.npm_lifecycle_event !== undefined) onParentGone(() => end("SIGTERM"));
  process.on("exit", () => {
    for (const { child } of groups) signalGroup(child, "SIGKILL");
  });
  return () => stopping;
}

/**
 * Acts when npm is gone. A killed npm takes the shell along that stands between it and this script, and the script gets no
 * signal.
 */
function onParentGone(act: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    act();
  }, PARENT_CHECK_MS);
  timer.unref();
}

/**
 * Waits until the killed processes are gone, but not for long: a group whose processes nobody reaps never seems to be gone.
 */
async function groupGone(child: ChildProcess): Promise<void> {
  for (let waitedMs = 0; waitedMs < GONE_MS && signalGroup(child, 0); waitedMs += 20) {
    await new Promise((wake) => setTimeout(wake, 20));
  }
}

/** Signals a group. Signal 0 only asks whether the group is there. Returns whether it was. */
function signalGroup(child: ChildProcess, signal: NodeJS.Signals | 0): boolean {
  if (child.pid === undefined) return false;
  try {
    // Windows has no process groups. There, wrangler ends the processes that it started.
    return process.platform === "win32" ? child.kill(signal) : process.kill(-child.pid, signal);
  } catch {
    return false;
  }
}
