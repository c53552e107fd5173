import type { JsonObject } from "../../domain/json.ts";
import type { ToolCall } from "../../domain/model.ts";
import { toolArguments } from "../../engine/run/calls.ts";
import { objectOf, objectsOf, textOf } from "./values.ts";

/** A call of an answer, by all ids that Agno's other rows may name it by. */
export interface AgnoCall {
  call: ToolCall;
  ids: readonly string[];
  /** Whether Agno has no id of the call. Then results and requirements are matched to it by order. */
  isUnnamed: boolean;
  /** What the run says of it in `tools`. */
  tool: JsonObject | null;
}

/**
 * Reads the calls of a run in order, and gives each an id that its result can name. Calls of OpenAI's Responses have two ids:
 * `id` (fc_…), and `call_id` (call_…), which the provider wants with the result. Calls of other providers may have none.
 */
export class AgnoCalls {
  readonly #tools: JsonObject[];
  #count = 0;

  constructor(tools: unknown) {
    this.#tools = objectsOf(tools);
  }

  /** The calls of the run's next answer. */
  read(answer: JsonObject): AgnoCall[] {
    return objectsOf(answer.tool_calls).flatMap((entry) => {
      const asked = objectOf(entry.function);
      const name = textOf(asked?.name);
      if (asked === null || name === null) return [];
      const ids = [textOf(entry.call_id), textOf(entry.id)].filter((id) => id !== null);
      const id = ids[0] ?? `call-${this.#count}`;
      this.#count += 1;
      const { arguments: args } = asked;
      const call = { id, name, arguments: typeof args === "string" ? args : JSON.stringify(args ?? {}) };
      return [{ call, ids, isUnnamed: ids.length === 0, tool: this.#toolOf(ids, name) }];
    });
  }

  /** Takes the next entry of `tools` that names the call. Ids may come again in a later answer. */
  #toolOf(ids: readonly string[], name: string): JsonObject | null {
    const at = this.#tools.findIndex((tool) => {
      const id = textOf(tool.tool_call_id);
      return id === null ? ids.length === 0 && tool.tool_name === name : ids.includes(id);
    });
    return at < 0 ? null : (this.#tools.splice(at, 1)[0] ?? null);
  }
}

/**
 * The results behind one answer, each under the id, the name and the arguments of its call. Results without an id belong
 * to the calls without a result in order. A result that belongs to no call is handed on as it is.
 */
export function pairedResults(calls: readonly AgnoCall[], results: readonly JsonObject[]): JsonObject[] {
  const left = [...calls];
  const take = (isIt: (call: AgnoCall) => boolean): AgnoCall | null => {
    const at = left.findIndex(isIt);
    return at < 0 ? null : (left.splice(at, 1)[0] ?? null);
  };
  // First all that name their call: else a result without an id could take the call of another one.
  const named = results.map(({ tool_call_id: id }) =>
    textOf(id) === null ? null : take(({ ids }) => ids.includes(String(id))),
  );
  return results.map((result, nth) => {
    const hasId = textOf(result.tool_call_id) !== null;
    const name = textOf(result.tool_name) ?? textOf(result.name);
    const call =
      named[nth] ??
      take(({ call, isUnnamed }) => (isUnnamed || !hasId) && (name === null || name === call.name)) ??
      null;
    return call === null ? result : withCall(result, call);
  });
}

function withCall(result: JsonObject, { call, tool }: AgnoCall): JsonObject {
  const error = result.tool_call_error ?? tool?.tool_call_error ?? null;
  return {
    ...result,
    tool_call_id: call.id,
    tool_name: textOf(result.tool_name) ?? textOf(result.name) ?? call.name,
    tool_args: objectOf(result.tool_args) ?? objectOf(tool?.tool_args) ?? toolArguments(call),
    tool_call_error: error,
  };
}
