import { isObject, type Json } from "../domain/json.ts";

/** Schemas refer to themselves, and so would what fits them. */
const MAX_DEPTH = 8;

/** JSON that fits a schema, made without thinking: texts say `text`, choices are the first one, numbers the least. */
export function fittingJson(schema: unknown, text: string): string {
  return JSON.stringify(fitting(schema, { text, root: schema, depth: 0 }));
}

interface Place {
  text: string;
  /** Where `$ref` is looked up. */
  root: unknown;
  depth: number;
}

function fitting(schema: unknown, place: Place): Json {
  if (!isObject(schema) || place.depth > MAX_DEPTH) return null;
  const inner = { ...place, depth: place.depth + 1 };
  if (typeof schema.$ref === "string") return fitting(referred(schema.$ref, place.root), inner);
  if (schema.const !== undefined) return schema.const as Json;
  if (Array.isArray(schema.enum)) return (schema.enum[0] ?? null) as Json;
  const [choice] = [schema.anyOf, schema.oneOf, schema.allOf].filter(Array.isArray).flat();
  if (choice !== undefined) return fitting(choice, inner);
  return ofType(Array.isArray(schema.type) ? schema.type[0] : schema.type, schema, inner);
}

function ofType(type: unknown, schema: Record<string, unknown>, place: Place): Json {
  switch (type) {
    case "object":
      return objectOf(schema, place);
    case "array":
      return Array.from({ length: Math.min(Number(schema.minItems ?? 1), MAX_DEPTH) }, () =>
        fitting(schema.items, place),
      );
    case "string":
      return textOf(schema, place.text);
    case "number":
    case "integer":
      return typeof schema.minimum === "number" ? schema.minimum : 0;
    case "boolean":
      return true;
    default:
      // A schema that says no type but has properties is one of an object.
      return isObject(schema.properties) ? objectOf(schema, place) : null;
  }
}

function objectOf({ properties }: Record<string, unknown>, place: Place): Json {
  const entries = Object.entries(isObject(properties) ? properties : {});
  return Object.fromEntries(entries.map(([name, inner]) => [name, fitting(inner, place)]));
}

function textOf({ maxLength, minLength }: Record<string, unknown>, text: string): string {
  const cut = [...text].slice(0, typeof maxLength === "number" ? maxLength : text.length).join("");
  return typeof minLength === "number" ? cut.padEnd(minLength, ".") : cut;
}

/** What `#/$defs/name` names. */
function referred(ref: string, root: unknown): unknown {
  return ref
    .split("/")
    .slice(1)
    .reduce<unknown>((found, name) => (isObject(found) ? found[name] : undefined), root);
}
