import { AppError, badRequest, invalidRequest, unsupportedFile } from "../domain/error.ts";
import { isObject } from "../domain/json.ts";
import { isUtf8Escaped } from "../lib/escapes.ts";
import type { AppContext, Middleware } from "./context.ts";
import { fieldError, MISSING } from "./field-errors.ts";
import { decodeUtf8, invalidUtf8, parseJsonBody } from "./json.ts";

const FORM = /^application\/x-www-form-urlencoded\b/i;
const MERGE_PATCH = /^application\/merge-patch\+json[ \t]*(;|$)/i;
const MULTIPART = /^multipart\/form-data\b/i;
/** Fields in which AgentOS takes files and media: uploads, or JSON arrays of media. */
const MEDIA_FIELDS: readonly string[] = ["files", "images", "audio", "audios", "videos", "input_files"];

/**
 * Reads a JSON body whatever its content type says: agents' HTTP clients often leave it out or send a form's.
 * No body, or `null`, is `{}` where the body is optional. What it read is left for the route's own validation.
 */
export function readJsonBody(required: boolean): Middleware {
  return async function readJsonBody(c, next) {
    const text = decodeUtf8(await c.req.arrayBuffer());
    const isEmpty = (await jsonOf(c)) === null;
    if (isEmpty && required) throw missingBody();
    const headers = new Headers(c.req.raw.headers);
    headers.set("Content-Type", "application/json");
    c.req.raw = new Request(c.req.raw, { headers, body: isEmpty ? "{}" : text });
    c.req.bodyCache = {};
    await next();
  };
}

export interface PatchBody {
  /** Whether it was sent as a merge patch (RFC 7396); with any other content type it is plain JSON. */
  isMergePatch: boolean;
  fields: unknown;
}

/** The JSON body of a change; throws the 422 for none. */
export async function readPatchBody(c: AppContext): Promise<PatchBody> {
  const fields = await jsonOf(c);
  if (fields === null) throw missingBody();
  return { isMergePatch: MERGE_PATCH.test(c.req.header("Content-Type") ?? ""), fields };
}

/** The body as JSON whatever it says it is; null for none. */
async function jsonOf(c: AppContext): Promise<unknown> {
  const sent = await sentBody(c);
  return sent.isForm ? parseJsonBody(decodeUtf8(await c.req.arrayBuffer())) : sent.value;
}

const missingBody = () => new AppError(invalidRequest([fieldError(MISSING, ["body"], undefined)]));

/**
 * The fields of a run request, sent as a form (multipart or urlencoded) or as JSON. Form fields are strings, of a
 * repeated one the last; JSON fields are as parsed. Empty and null ones are left out, as AgentOS does, so that an
 * empty `session_id` is none. Throws 400 for files and media, 422 for what cannot be read.
 */
export async function readRunBody(c: AppContext): Promise<Record<string, unknown>> {
  const sent = await sentBody(c);
  if (!sent.isForm && sent.value !== null && !isObject(sent.value)) {
    const msg = "Input should be a valid dictionary or object to extract fields from";
    throw new AppError(invalidRequest([fieldError({ type: "model_attributes_type", msg }, ["body"], sent.value)]));
  }
  const fields = fieldsOf(sent);
  if (fields.some(([name, value]) => hasFile(name, value))) throw new AppError(unsupportedFile());
  // Without a file in it a form is text, in which other bytes would be replaced.
  if (sent.isForm) decodeUtf8(await c.req.arrayBuffer());
  return Object.fromEntries(fields.filter(([, value]) => !isEmpty(value)));
}

export type Field = [name: string, value: unknown];

/** A body as it was sent. No body at all is JSON's null. */
type SentBody = { isForm: true; fields: Field[] } | { isForm: false; text: string; value: unknown };

/** What stands at the top level of a body: a form's fields, repeated ones too, or the members of a JSON object. */
export function fieldsOf(sent: SentBody): Field[] {
  if (sent.isForm) return sent.fields;
  return isObject(sent.value) ? Object.entries(sent.value) : [];
}

const bodies = new WeakMap<AppContext, SentBody>();

/** Read once a request. Throws 400 or 422 for what cannot be read. */
export async function sentBody(c: AppContext): Promise<SentBody> {
  const known = bodies.get(c);
  if (known !== undefined) return known;
  const bytes = await c.req.arrayBuffer();
  // Some clients say a type on requests that have no body at all.
  const isNone = bytes.byteLength === 0 && c.req.method === "GET";
  const sent = await parsedBody(bytes, isNone ? "" : (c.req.header("Content-Type") ?? ""));
  bodies.set(c, sent);
  return sent;
}

async function parsedBody(bytes: ArrayBuffer, type: string): Promise<SentBody> {
  if (!isReadAsUtf8(type)) throw new AppError(badRequest("A body is UTF-8; its content type says another charset."));
  // Some clients say multipart of every request, also where they send JSON or nothing.
  if (MULTIPART.test(type) && bytes.byteLength > 0) {
    const characters = LATIN1.decode(bytes);
    if (!BRACE.test(characters)) return { isForm: true, fields: await multipartFields(bytes, characters, type) };
  }
  const text = decodeUtf8(bytes);
  if (text.trim() === "") return { isForm: false, text, value: null };
  // `curl -d '{…}'` calls its JSON a form; no form field's name begins with a brace.
  const isForm = FORM.test(type) && !text.trimStart().startsWith("{");
  if (!isForm) return { isForm, text, value: parseJsonBody(text) };
  if (!isUtf8Escaped(text)) throw invalidUtf8();
  return { isForm, fields: [...new URLSearchParams(text)] };
}

/** Bytes as characters, one by one. */
const LATIN1 = new TextDecoder("latin1");
const BRACE = /^(?:ï»¿)?\s*\{/;

/** Other charsets than these write ASCII in other bytes, so that a `user_id` would be there for their readers and not for us. */
function isReadAsUtf8(type: string): boolean {
  const [, charset] = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(type) ?? [];
  return charset === undefined || /^(?:utf-?8|us-ascii|ascii|iso-8859-\d+|latin1|windows-125\d)$/i.test(charset);
}

async function multipartFields(bytes: ArrayBuffer, characters: string, type: string): Promise<Field[]> {
  const unreadable = new AppError(badRequest("There was an error parsing the body"));
  if (!isPlainMultipart(characters, type)) throw unreadable;
  try {
    const form = await new Response(bytes, { headers: { "Content-Type": type } }).formData();
    return [...form.entries()];
  } catch {
    throw unreadable;
  }
}

/**
 * Whether every boundary in the body is a line of its own. The platform's reader takes one within a line for the end of a
 * part, or of all, where others read on: what stands behind it, a user too, would be there for them alone.
 */
function isPlainMultipart(text: string, type: string): boolean {
  const [, quoted, bare] = /;\s*boundary\s*=\s*(?:"([^"]+)"|([^";\s]+))/i.exec(type) ?? [];
  const [before, ...parts] = text.split(`--${quoted ?? bare}`);
  const end = parts.pop();
  return before === "" && end !== undefined && /^--\s*$/.test(end) && parts.every((part) => /^\r\n.*\r\n$/s.test(part));
}

const isEmpty = (value: unknown) => value === "" || value === null || isUnchosenFile(value);

/** What a browser sends for a file input in which nothing was chosen. */
const isUnchosenFile = (value: unknown) => value instanceof File && value.name === "" && value.size === 0;

function hasFile(name: string, value: unknown): boolean {
  if (value instanceof File) return !isUnchosenFile(value);
  if (!MEDIA_FIELDS.includes(name) || isEmpty(value)) return false;
  // An empty list, as JSON or as its text, and the words by which AgentOS reads none.
  return !["[]", "null", "none"].includes(
    typeof value === "string" ? value.trim().toLowerCase() : JSON.stringify(value),
  );
}
