import { AppError, badRequest, invalidRequest, unsupportedFile } from "../domain/error.ts";
import { isObject } from "../domain/json.ts";
import { isUtf8Escaped } from "../lib/escapes.ts";
import type { AppContext, Middleware } from "./context.ts";
import { fieldError, MISSING } from "./field-errors.ts";
import { decodeUtf8, invalidUtf8, parseJsonBody } from "./json.ts";

const FORM = /^application\/x-www-form-urlencoded\b/i;
const MERGE_PATCH = /^application\/merge-patch\+json[ \t]*(;|$)/i;
const MULTIPART = /^multipart\/form-data\b/i;
/** Fields in which AgentOS takes files and media: as uploads, or as JSON arrays of media. */
const MEDIA_FIELDS: readonly string[] = ["files", "images", "audio", "audios", "videos", "input_files"];

/**
 * Reads a JSON body whatever its content type says: agents' HTTP clients often leave the type out, or send a form's. If the
 * body is optional, none, or `null`, is read as `{}`. The route's own validation then reads what is left here.
 */
export function readJsonBody(required: boolean): Middleware {
  return async function readJsonBody(c, next) {
    const sent = await sentBody(c);
    const text = sent.isForm ? decodeUtf8(await c.req.arrayBuffer()) : sent.text;
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

/** The JSON body of a change; throws the 422 if there is none. */
export async function readPatchBody(c: AppContext): Promise<PatchBody> {
  const fields = await jsonOf(c);
  if (fields === null) throw missingBody();
  return { isMergePatch: MERGE_PATCH.test(c.req.header("Content-Type") ?? ""), fields };
}

/** The body as JSON, whatever its content type says; null if there is none. */
async function jsonOf(c: AppContext): Promise<unknown> {
  const sent = await sentBody(c);
  return sent.isForm ? parseJsonBody(decodeUtf8(await c.req.arrayBuffer())) : sent.value;
}

const missingBody = () => new AppError(invalidRequest([fieldError(MISSING, ["body"], undefined)]));

/**
 * The fields of a run request, sent as a form (multipart or urlencoded) or as JSON. A form's fields are strings; if a field
 * is repeated, the last one counts. Empty and null fields are left out, as AgentOS does, so that an empty `session_id`
 * counts as left out. Throws the 400 for files and media, and the 422 for what cannot be read.
 */
export async function readRunBody(c: AppContext): Promise<Record<string, unknown>> {
  const sent = await sentBody(c);
  if (!sent.isForm && sent.value !== null && !isObject(sent.value)) {
    const msg = "Input should be a valid dictionary or object to extract fields from";
    throw new AppError(invalidRequest([fieldError({ type: "model_attributes_type", msg }, ["body"], sent.value)]));
  }
  const fields = fieldsOf(sent);
  if (fields.some(([name, value]) => hasFile(name, value))) throw new AppError(unsupportedFile());
  // A form without a file is text. Bytes that are not UTF-8 are refused here, because the form's reader has replaced them.
  if (sent.isForm) decodeUtf8(await c.req.arrayBuffer());
  return Object.fromEntries(fields.filter(([, value]) => !isEmpty(value)));
}

export type Field = [name: string, value: unknown];

/** A body as it was sent. A request without a body is read as JSON's null. */
export type SentBody = { isForm: true; fields: Field[] } | { isForm: false; text: string; value: unknown };

/** What stands at the top level of a body: all fields of a form, repeated ones too, or the members of a JSON object. */
export function fieldsOf(sent: SentBody): Field[] {
  if (sent.isForm) return sent.fields;
  return isObject(sent.value) ? Object.entries(sent.value) : [];
}

const bodies = new WeakMap<AppContext, SentBody>();

/** The body, which is read once a request. Throws the 400 or 422 for one that cannot be read. */
export async function sentBody(c: AppContext): Promise<SentBody> {
  const known = bodies.get(c);
  if (known !== undefined) return known;
  const sent = await parsedBody(c, await c.req.arrayBuffer());
  bodies.set(c, sent);
  return sent;
}

/** Has the body read as if these fields did not stand at its top level. To be called once it was read. */
export async function leaveOutFields(c: AppContext, names: ReadonlySet<string>): Promise<void> {
  const sent = await sentBody(c);
  const kept = fieldsOf(sent).filter(([name]) => !names.has(name));
  const value = Object.fromEntries(kept);
  bodies.set(c, sent.isForm ? { isForm: true, fields: kept } : { isForm: false, text: JSON.stringify(value), value });
}

async function parsedBody(c: AppContext, bytes: ArrayBuffer): Promise<SentBody> {
  const type = c.req.header("Content-Type") ?? "";
  const isEmpty = bytes.byteLength === 0;
  // Some clients send a content type with every request. In a GET without a body any charset is let pass.
  if (!isReadAsUtf8(type) && !(isEmpty && c.req.method === "GET")) {
    throw new AppError(badRequest("A body is UTF-8; its content type says another charset."));
  }
  if (isEmpty) return { isForm: false, text: "", value: null };
  // Some clients call every body multipart, also if it is JSON.
  if (MULTIPART.test(type)) {
    const characters = LATIN1.decode(bytes);
    if (!BRACE.test(characters)) return { isForm: true, fields: await multipartFields(bytes, characters, type) };
  }
  const text = decodeUtf8(bytes);
  if (text.trim() === "") return { isForm: false, text, value: null };
  // `curl -d '{…}'` calls its JSON a form. No field of a form has a name that begins with a brace.
  const isForm = FORM.test(type) && !text.trimStart().startsWith("{");
  if (!isForm) return { isForm, text, value: parseJsonBody(text) };
  if (!isUtf8Escaped(text)) throw invalidUtf8();
  return { isForm, fields: [...new URLSearchParams(text)] };
}

/** Makes each byte a character of its own. */
const LATIN1 = new TextDecoder("latin1");
/** JSON, which may begin with a byte order mark. */
const BRACE = /^(?:ï»¿)?\s*\{/;

/**
 * Whether a content type's charset writes ASCII as UTF-8 does. In a body of another charset we would overlook a `user_id`
 * that its reader sees.
 */
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
 * Whether every boundary in the body is a line of its own. The platform's reader takes a boundary within a line for the end
 * of a part, or of the body. Other readers go on there, and would see fields that we do not, a `user_id` too.
 */
function isPlainMultipart(text: string, type: string): boolean {
  const [, quoted, bare] = /;\s*boundary\s*=\s*(?:"([^"]+)"|([^";\s]+))/i.exec(type) ?? [];
  const [before, ...parts] = text.split(`--${quoted ?? bare}`);
  const end = parts.pop();
  return before === "" && end !== undefined && /^--\s*$/.test(end) && parts.every((part) => /^\r\n.*\r\n$/s.test(part));
}

const isEmpty = (value: unknown) => value === "" || value === null || isUnchosenFile(value);

/** What a browser sends for a file input in which no file was chosen. */
const isUnchosenFile = (value: unknown) => value instanceof File && value.name === "" && value.size === 0;

function hasFile(name: string, value: unknown): boolean {
  if (value instanceof File) return !isUnchosenFile(value);
  if (!MEDIA_FIELDS.includes(name) || isEmpty(value)) return false;
  // No media: an empty list, as JSON or as its text, and the words that AgentOS reads as none.
  return !["[]", "null", "none"].includes(
    typeof value === "string" ? value.trim().toLowerCase() : JSON.stringify(value),
  );
}
