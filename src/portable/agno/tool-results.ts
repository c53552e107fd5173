import type { Json, JsonObject } from "../../domain/json.ts";
import { contentOf, objectOf, objectsOf, textOf } from "./values.ts";

/**
 * Splits a message that holds the results of several calls into one message a result, as all providers want them. Agno's
 * classes of models stored such messages: Gemini's up to 2.4, Claude's and Bedrock's in 2.0. Any other message is handed on.
 */
export function splitResults(message: JsonObject): JsonObject[] {
  const isTool = message.role === "tool" || message.role === "function";
  const combined = isTool && textOf(message.tool_call_id) === null ? objectsOf(message.tool_calls) : [];
  if (combined.length > 0) {
    // The list has what the tools answered. The entries may have a shorter version of it.
    const whole = Array.isArray(message.content) ? message.content : [];
    return numbered(
      message,
      combined.map(
        ({ tool_call_id = null, tool_name = null, content = null }, nth): JsonObject => ({
          tool_call_id,
          tool_name,
          content: whole[nth] ?? content,
        }),
      ),
    );
  }
  const parts = objectsOf(message.content);
  const mayHold = isTool || message.role === "user";
  const results = mayHold ? parts.map(partResult).filter((result) => result !== null) : [];
  if (results.length === 0) {
    return [message];
  }
  const rest = parts.filter((part) => partResult(part) === null);
  const said = rest.some((part) => textOf(part.text) !== null) ? [{ ...message, content: rest }] : [];
  return numbered(message, results, said);
}

/** The messages of the results, and what else was said, under ids of their own. */
function numbered(message: JsonObject, results: readonly JsonObject[], said: readonly JsonObject[] = []): JsonObject[] {
  const { id = null, created_at = null } = message;
  const all = [...results.map((result) => ({ role: "tool", created_at, ...result })), ...said];
  return all.map((one, nth) => ({
    ...one,
    id: nth === 0 || typeof id !== "string" ? id : `${id.slice(0, 100)}-${nth}`,
  }));
}

/** The result in a part of Bedrock's or Claude's; null for any other part. */
function partResult(part: JsonObject): JsonObject | null {
  const bedrock = objectOf(part.toolResult);
  if (bedrock !== null) {
    const content = objectsOf(bedrock.content).map((one) =>
      contentOf(objectOf(one.json)?.result ?? one.json ?? one.text),
    );
    return result(bedrock.toolUseId, content.join("\n"), bedrock.status === "error");
  }
  return part.type === "tool_result" ? result(part.tool_use_id, part.content, part.is_error === true) : null;
}

const result = (id: Json | undefined, content: Json | undefined, isError: boolean): JsonObject => ({
  tool_call_id: id ?? null,
  content: content ?? null,
  ...(isError && { tool_call_error: true }),
});
