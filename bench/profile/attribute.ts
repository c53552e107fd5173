import type { SourceMap } from "node:module";
import { median } from "../rounds.ts";
import { CALLED_BY_NOBODY, IDLE, NATIVE_OWNERS, OTHER, OWNERS } from "./owners.ts";

/** What V8's profiler answers: who was computing at each sample, and the time between two of them in microseconds. */
export interface CpuProfile {
  nodes: ProfileNode[];
  samples: number[];
  timeDeltas: number[];
}

interface ProfileNode {
  id: number;
  callFrame: { functionName: string; url: string; lineNumber: number; columnNumber: number };
  children?: number[];
}

/** Milliseconds by owner, the greatest first. Each sample is the time of the function that computed, not of those that called it. */
export function timeByOwner(profile: CpuProfile, map: SourceMap): Map<string, number> {
  return summed(profile, ownersOf(profile, map));
}

/** Milliseconds by file, the greatest first: what to look at when an owner is too large. */
export function timeByFile(profile: CpuProfile, map: SourceMap): Map<string, number> {
  return summed(profile, new Map(profile.nodes.map((node) => [node.id, fileOf(node, map)])));
}

/** Milliseconds in which the isolate was not idle. */
export function busyMs(profile: CpuProfile): number {
  const busy = profile.nodes.filter(({ callFrame }) => callFrame.functionName !== IDLE);
  return summed(profile, new Map(busy.map(({ id }) => [id, ""]))).get("") ?? 0;
}

/**
 * Samples are counted, each as the usual time between two. V8 takes none while another isolate has the thread, so that the time
 * between two of them is that of others as well.
 */
function summed({ samples, timeDeltas }: CpuProfile, names: ReadonlyMap<number, string>): Map<string, number> {
  const sampleMs = median(timeDeltas) / 1_000;
  const times = new Map<string, number>();
  for (const id of samples) {
    const name = names.get(id);
    if (name !== undefined) times.set(name, (times.get(name) ?? 0) + sampleMs);
  }
  return new Map([...times].toSorted(([, a], [, b]) => b - a));
}

/** The owner of each node but those that are idle. */
function ownersOf({ nodes }: CpuProfile, map: SourceMap): Map<number, string> {
  const owners = new Map<number, string>();
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const give = (node: ProfileNode, caller: string | null) => {
    const owner = ownerOf(node, map) ?? caller ?? CALLED_BY_NOBODY;
    if (node.callFrame.functionName !== IDLE) owners.set(node.id, owner);
    for (const id of node.children ?? []) {
      const child = byId.get(id);
      if (child !== undefined) give(child, owner);
    }
  };
  const root = nodes.find(({ callFrame }) => callFrame.functionName === "(root)");
  if (root === undefined) throw new Error("A profile without a root.");
  for (const node of nodes.filter(({ id }) => root.children?.includes(id))) give(node, null);
  return owners;
}

/** Null for a builtin, whose time is its caller's. */
function ownerOf(node: ProfileNode, map: SourceMap): string | null {
  const file = fileOf(node, map);
  if (file !== "") return OWNERS.find(([path]) => path.test(file))?.[1] ?? OTHER;
  return NATIVE_OWNERS[node.callFrame.functionName] ?? null;
}

/** The source file, without the way to the checkout; "" for what is no JavaScript. */
function fileOf({ callFrame }: ProfileNode, map: SourceMap): string {
  if (!callFrame.url.endsWith("index.js")) return callFrame.url;
  const found = map.findEntry(callFrame.lineNumber, callFrame.columnNumber);
  return "originalSource" in found ? found.originalSource.replace(/^.*?(?=(?:node_modules|src)\/)/, "") : "the bundle";
}
