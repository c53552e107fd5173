import type { JsonObject } from "../../domain/json.ts";
import { MAX_ID_CHARS, MAX_NAME_CODE_POINTS } from "../../domain/limits.ts";
import { firstCodePoints } from "../../lib/text.ts";
import { instantOf, instantProblem, objectOf, textOf } from "../agno/values.ts";
import { LeftOut } from "../conversation/said.ts";
import type { Conversation, Heard } from "../conversation/session.ts";
import { newestBranch, type TreeNode } from "./branch.ts";
import { chatGptMessages } from "./messages.ts";

/** How many of the other branches are named. */
const MAX_NAMED = 5;
/** The name of a conversation that nobody has named. */
const UNNAMED = "New chat";

/** Whether a line is a conversation of ChatGPT's `conversations.json`. */
export const isChatGpt = (line: JsonObject): boolean => !("type" in line) && objectOf(line.mapping) !== null;

/** Reads the branch of the conversation that was looked at last. */
export function chatGptConversation(line: JsonObject): Conversation {
  const branch = newestBranch(objectOf(line.mapping) ?? {}, line.current_node);
  if (!branch.ok) return { line, read: branch };
  const problem = wrongInstant(line, branch.nodes);
  if (problem !== null) return { line, read: { ok: false, problem } };
  const leftOut = new LeftOut();
  const messages = chatGptMessages(branch.nodes, leftOut);
  const note = [branchesNote(branch.others), leftOut.sentence].filter((sentence) => sentence !== null).join(" ");
  return { line, read: { ok: true, heard: { messages, fields: fieldsOf(line), note: note === "" ? null : note } } };
}

/** The first time of the conversation, or of a message in it, that no calendar has. */
function wrongInstant(line: JsonObject, nodes: readonly TreeNode[]): string | null {
  const ofMessages = nodes.map(({ id, message }) => {
    const problem = message === null ? null : instantProblem(message, ["create_time"]);
    return problem === null ? null : `mapping.${id.slice(0, MAX_ID_CHARS)}.${problem}`;
  });
  return instantProblem(line, ["create_time", "update_time"]) ?? ofMessages.find((problem) => problem !== null) ?? null;
}

function fieldsOf(line: JsonObject): Heard["fields"] {
  const createdAt = instantOf(line.create_time);
  const updatedAt = instantOf(line.update_time);
  const title = textOf(line.title);
  const id = textOf(line.conversation_id) ?? textOf(line.id);
  return {
    ...(title !== null && title !== UNNAMED && { name: firstCodePoints(title, MAX_NAME_CODE_POINTS) }),
    ...(id !== null && { metadata: { chatgpt_conversation_id: id.slice(0, MAX_ID_CHARS) } }),
    ...(createdAt !== null && { createdAt }),
    ...(updatedAt !== null && { updatedAt }),
    isArchived: line.is_archived === true,
  };
}

function branchesNote(others: readonly string[]): string | null {
  if (others.length === 0) return null;
  const named = others.slice(0, MAX_NAMED).map((id) => id.slice(0, 40));
  const rest = others.length > MAX_NAMED ? " and more" : "";
  const were = others.length === 1 ? "1 other branch was" : `${others.length} other branches were`;
  return `Its newest branch came in; ${were} left out, which ended with ${named.join(", ")}${rest}.`;
}
