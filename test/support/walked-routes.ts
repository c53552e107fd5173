/**
 * A request for every operation of the server's own document, aimed at what these ids name. It is made of the document,
 * so an operation that is added is asked too.
 */
import type { DocumentedOperation } from "./document.ts";
import { filledPath } from "./document.ts";
import { call, send } from "./http.ts";

/** The values of parameters and fields, by their names. */
export type Aim = Record<string, string>;

type Schema = Record<string, unknown>;

const isSchema = (value: unknown): value is Schema => typeof value === "object" && value !== null;
const { body: document } = await call("GET", "/openapi.json");

function resolved(schema: unknown): Schema {
  if (!isSchema(schema)) return {};
  const { $ref } = schema;
  return typeof $ref === "string" ? resolved(document.components.schemas[$ref.split("/").at(-1) ?? ""]) : schema;
}

const saidIn = ({ session_id }: Aim) => ({
  id: session_id,
  messages: [{ id: "m", role: "user", parts: [{ type: "text", text: "text" }] }],
});

/** The bodies that a schema alone does not lead to what the operation is for. */
const BODIES: Record<string, (aim: Aim) => object> = {
  update_session: () => ({ metadata: { stolen: true } }),
  change_sessions: ({ session_id }) => ({ action: "delete", session_ids: [session_id] }),
  name_sessions: ({ session_id }) => ({ session_ids: [session_id], overwrite: "generated" }),
  continue_agent_run: ({ session_id }) => ({ session_id, stream: false, fork: true }),
  continue_team_run: ({ session_id }) => ({ session_id, stream: false, fork: true }),
  send_agent_chat: saidIn,
  send_team_chat: saidIn,
};

/** A value that the schema takes: what must be there, what names one of the ids, and no stream. */
function sample(given: unknown, aim: Aim, name = ""): unknown {
  const schema = resolved(given);
  const { type, anyOf, oneOf, properties } = schema;
  if (Array.isArray(schema.enum)) return schema.enum[0];
  if (isSchema(properties)) return sampleObject(schema, properties, aim);
  const variants = anyOf ?? oneOf;
  if (Array.isArray(variants)) return sample(variants[0], aim, name);
  switch (Array.isArray(type) ? type[0] : type) {
    case "array":
      return [sample(schema.items, aim, name.replace(/s$/, ""))];
    case "boolean":
      return false;
    case "integer":
    case "number":
      return schema.minimum ?? 1;
    case "object":
      return {};
    default:
      return aim[name] ?? "text";
  }
}

function sampleObject(schema: Schema, properties: Schema, aim: Aim): object {
  const variant = Array.isArray(schema.oneOf) ? resolved(schema.oneOf[0]) : {};
  const required = [schema.required, variant.required].flatMap((names) => (Array.isArray(names) ? names : []));
  const isSent = (name: string) => required.includes(name) || name in aim || name === "stream";
  const sent = Object.entries(properties).filter(([name]) => isSent(name));
  return Object.fromEntries(sent.map(([name, property]) => [name, sample(property, aim, name)]));
}

function bodyOf({ operationId, requestBody }: DocumentedOperation, aim: Aim): unknown {
  const json = requestBody?.content["application/json"];
  if (json === undefined) return undefined;
  return BODIES[operationId]?.(aim) ?? sample(isSchema(json) ? json.schema : {}, aim);
}

export interface Walked {
  status: number;
  text: string;
  headers: Headers;
}

/** Sends the operation. Its query has what it must have, and whatever names one of the ids. */
export async function walk(
  operation: DocumentedOperation,
  aim: Aim,
  headers: Record<string, string> = {},
): Promise<Walked> {
  const { method, path, parameters } = operation;
  const query = new URLSearchParams(
    parameters
      .filter(({ in: at, name, required }) => at === "query" && (required === true || name in aim))
      .map(({ name }): [string, string] => [name, aim[name] ?? "1"]),
  );
  const answer = await send(method, `${filledPath(path, aim)}?${query}`, bodyOf(operation, aim), headers);
  // Not `text()`: the pool warns if that reads a content type which it does not take for text.
  const text = new TextDecoder().decode(await answer.arrayBuffer());
  return { status: answer.status, text, headers: answer.headers };
}
