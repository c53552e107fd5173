import type { JsonObject } from "../../domain/json.ts";
import { numberOf, objectOf, textOf } from "../agno/values.ts";

/** A message of ChatGPT's, or none, and what it answers. */
export interface TreeNode {
  id: string;
  parent: string | null;
  message: JsonObject | null;
}

export type Branch = { ok: true; nodes: TreeNode[]; others: string[] } | { ok: false; problem: string };

/**
 * Finds the branch of a conversation that was looked at last: the one with `current_node`, or the newest one if the
 * line names no node. `others` are the last nodes of all other branches. Looks at each node a constant number of times.
 */
export function newestBranch(mapping: JsonObject, currentNode: unknown): Branch {
  const nodes = nodesOf(mapping);
  if (typeof nodes === "string") return wrong(nodes);
  const children = Map.groupBy(nodes.values(), ({ parent }) => parent);
  const leaves = [...nodes.values()].filter(({ id }) => !children.has(id));
  const current = textOf(currentNode);
  const start = current === null ? newest(leaves) : nodes.get(current);
  if (start === undefined)
    return wrong(current === null ? "mapping: no node is the last one." : missing("current_node"));
  const last = leafBehind(start, children);
  const path = last === null ? null : pathTo(last, nodes);
  if (path === null) return wrong("mapping: nodes are each other's parents.");
  if (typeof path === "string") return wrong(path);
  return { ok: true, nodes: path, others: leaves.flatMap(({ id }) => (id === last?.id ? [] : [id])) };
}

/** The nodes by their ids, or what is wrong with one. */
function nodesOf(mapping: JsonObject): Map<string, TreeNode> | string {
  const nodes = new Map<string, TreeNode>();
  for (const [id, given] of Object.entries(mapping)) {
    const node = objectOf(given);
    if (node === null) return `mapping.${id}: must be an object.`;
    nodes.set(id, { id, parent: textOf(node.parent), message: objectOf(node.message) });
  }
  return nodes;
}

/** The last node of a branch that goes on behind this one, always by the newest answer; null for a branch without an end. */
function leafBehind(start: TreeNode, children: ReadonlyMap<string | null, TreeNode[]>): TreeNode | null {
  const seen = new Set<string>();
  for (let at = start; ; ) {
    if (seen.has(at.id)) return null;
    seen.add(at.id);
    const next = newest(children.get(at.id) ?? []);
    if (next === undefined) return at;
    at = next;
  }
}

/** The nodes from the first one to this one; null if there is no first one. */
function pathTo(last: TreeNode, nodes: ReadonlyMap<string, TreeNode>): TreeNode[] | string | null {
  const path: TreeNode[] = [];
  const seen = new Set<string>();
  for (let at = last; ; ) {
    if (seen.has(at.id)) return null;
    seen.add(at.id);
    path.push(at);
    if (at.parent === null) return path.reverse();
    const parent = nodes.get(at.parent);
    if (parent === undefined) return missing(`mapping.${at.id}.parent`);
    at = parent;
  }
}

const timeOf = ({ message }: TreeNode): number => numberOf(message?.create_time) ?? -1;

/** The newest node. If two nodes have the same time, the later one in the file wins. */
const newest = (nodes: readonly TreeNode[]): TreeNode | undefined =>
  nodes.reduce<TreeNode | undefined>(
    (best, one) => (best === undefined || timeOf(one) >= timeOf(best) ? one : best),
    undefined,
  );

const missing = (place: string): string => `${place}: there is no such node.`;
const wrong = (problem: string): Branch & { ok: false } => ({ ok: false, problem });
