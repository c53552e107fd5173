/**
 * Whether OpenAI can hold a model to a JSON schema word for word. It can for a part of JSON schema only, and refuses the
 * whole request if `strict` comes with anything else.
 */
import { isObject } from "../../../domain/json.ts";

/**
 * All that is known to be taken. What is not here counts as refused: a schema that is sent as strict and is not taken
 * fails every request with its tool, one that is not sent as strict is only a little less reliable.
 */
const TAKEN: ReadonlySet<string> = new Set([
  ...["type", "description", "title", "enum", "const", "anyOf", "$ref", "$defs"],
  ...["properties", "required", "additionalProperties"],
  ...["items", "minItems", "maxItems"],
  ...["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"],
  ...["pattern", "format"],
]);
const FORMATS: ReadonlySet<unknown> = new Set([
  ...["date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"],
]);
const TYPES: ReadonlySet<unknown> = new Set(["string", "number", "integer", "boolean", "object", "array", "null"]);
const LOOKS_AROUND = /\(\?<?[=!]/;
/** OpenAI's limits for one schema, well inside. */
const MAX_DEPTH = 5;
const MAX_PROPERTIES = 100;
const MAX_ENUM_VALUES = 500;

type Schema = Record<string, unknown>;

/** Counts what OpenAI limits over the whole schema. */
interface Size {
  properties: number;
  enumValues: number;
}

/**
 * The schema in the form that strict mode wants, or null if there is none. An object that does not say whether it takes
 * other properties is closed: the model is to write no others, whatever the reader would accept. A property that may be left
 * out has no strict form, for strict mode would make the model write it.
 */
export function strictSchema(schema: Schema): Schema | null {
  if (schema.type !== "object" || schema.anyOf !== undefined) return null;
  return strict(schema, 0, { properties: 0, enumValues: 0 });
}

function strict(schema: unknown, depth: number, size: Size): Schema | null {
  if (!isObject(schema) || depth > MAX_DEPTH || !Object.keys(schema).every((key) => TAKEN.has(key))) return null;
  if (schema.$ref !== undefined) return isTakenReference(schema) ? schema : null;
  if (!hasTakenType(schema) || !isTakenText(schema) || !isTakenEnum(schema.enum, size)) return null;
  const inner = innerSchemas(schema, depth, size);
  if (inner === null) return null;
  const closed = { ...schema, ...inner };
  return isOfType(schema, "object") ? closedObject(closed, size) : closed;
}

/** The parts of a schema that are schemas, each in its strict form; null if one of them has none. */
function innerSchemas(schema: Schema, depth: number, size: Size): Schema | null {
  const inner: Schema = {};
  if (schema.items !== undefined) inner.items = strict(schema.items, depth + 1, size);
  else if (isOfType(schema, "array")) return null;
  if (schema.anyOf !== undefined) inner.anyOf = strictList(schema.anyOf, depth, size);
  if (schema.properties !== undefined) inner.properties = strictMap(schema.properties, depth + 1, size);
  if (schema.$defs !== undefined) inner.$defs = strictMap(schema.$defs, depth, size);
  return Object.values(inner).includes(null) ? null : inner;
}

function strictList(schemas: unknown, depth: number, size: Size): Schema[] | null {
  if (!Array.isArray(schemas)) return null;
  const each = schemas.map((schema) => strict(schema, depth, size)).filter((schema) => schema !== null);
  return each.length === schemas.length ? each : null;
}

function strictMap(schemas: unknown, depth: number, size: Size): Schema | null {
  if (!isObject(schemas)) return null;
  const each = Object.entries(schemas).map(([name, schema]) => [name, strict(schema, depth, size)] as const);
  return each.some(([, schema]) => schema === null) ? null : Object.fromEntries(each);
}

function closedObject(schema: Schema, size: Size): Schema | null {
  const { additionalProperties = false, required = [], properties = {} } = schema;
  if (additionalProperties !== false || !Array.isArray(required) || !isObject(properties)) return null;
  const names = Object.keys(properties);
  size.properties += names.length;
  if (size.properties > MAX_PROPERTIES || !names.every((name) => required.includes(name))) return null;
  return { ...schema, properties, required, additionalProperties };
}

const isOfType = ({ type }: Schema, name: string) => type === name || (Array.isArray(type) && type.includes(name));

/** A schema without a type means anything, which cannot be held to. */
function hasTakenType({ type, anyOf, enum: values, const: value }: Schema): boolean {
  if (type === undefined) return anyOf !== undefined || values !== undefined || value !== undefined;
  return Array.isArray(type) ? type.every((each) => TYPES.has(each)) : TYPES.has(type);
}

function isTakenReference({ $ref, ...beside }: Schema): boolean {
  return typeof $ref === "string" && $ref.startsWith("#") && Object.keys(beside).length === 0;
}

function isTakenText({ format, pattern }: Schema): boolean {
  if (format !== undefined && !FORMATS.has(format)) return false;
  return pattern === undefined || (typeof pattern === "string" && !LOOKS_AROUND.test(pattern));
}

function isTakenEnum(values: unknown, size: Size): boolean {
  if (values === undefined) return true;
  if (!Array.isArray(values)) return false;
  size.enumValues += values.length;
  return size.enumValues <= MAX_ENUM_VALUES;
}
