import type { ModelChunk, ToolCall } from "../../domain/model.ts";
import { utf8Bytes } from "../../lib/text.ts";

/** Tool calls as they stream in, piece by piece. */
export interface CallFragments {
  byIndex: Map<number, { id: string; name: string; parts: string[] }>;
  /** The bytes that came so far. Stored as JSON, the calls take a little more. */
  bytes: number;
}

export const newFragments = (): CallFragments => ({ byIndex: new Map(), bytes: 0 });

export function collectFragment(fragments: CallFragments, chunk: Extract<ModelChunk, { type: "tool_call" }>): void {
  const call = fragments.byIndex.get(chunk.index) ?? { id: "", name: "", parts: [] };
  fragments.byIndex.set(chunk.index, call);
  call.id ||= chunk.id ?? "";
  call.name ||= chunk.name ?? "";
  if (chunk.arguments !== undefined && chunk.arguments !== "") {
    call.parts.push(chunk.arguments);
  }
  fragments.bytes += utf8Bytes(chunk.arguments ?? "") + utf8Bytes(chunk.name ?? "") + utf8Bytes(chunk.id ?? "");
}

/**
 * The calls in the order of their index. A call without a name is noise of the provider and is dropped. A call without an
 * id, or with the id of another call, is given a new one, because results are matched by id.
 */
export function wholeCalls(fragments: CallFragments, newId: () => string): ToolCall[] {
  const inOrder = [...fragments.byIndex].sort(([a], [b]) => a - b).map(([, call]) => call);
  const taken = new Set([""]);
  return inOrder
    .filter((call) => call.name !== "")
    .map((call) => {
      const id = taken.has(call.id) ? `call_${newId()}` : call.id;
      taken.add(id);
      return { id, name: call.name, arguments: call.parts.join("") };
    });
}
