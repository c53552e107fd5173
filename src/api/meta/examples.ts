// Examples in the document, made of its schemas: what a schema, or a part of it, names as its example, and else the plainest
// value that it takes. So an example cannot differ from its schema. Callers read them, and `/docs` sends them.

/** A part of the document. */
type Part = Record<string, unknown>;

/** The ids that examples have, by what names them. */
const IDS: Record<string, string> = {
  agent_id: "assistant",
  team_id: "support",
  session_id: "my-session",
  user_id: "ada",
  os_id: "edge-sessions",
};
const ANY_ID = "80312efa-38f3-4188-a301-3eadecfbed8e";

const isPart = (value: unknown): value is Part => typeof value === "object" && value !== null && !Array.isArray(value);
const parts = (value: unknown): Part[] => (Array.isArray(value) ? value.filter(isPart) : []);

interface Making {
  components: Part;
  /** Which optional fields are in it: of an answer those with an example of their own, of a body none. */
  optional: "with example" | "none";
  /** The references on the way here, because schemas may refer to themselves. */
  within: readonly string[];
}

/** Adds to the document an example of each body and of each success that has none. */
export function withExamples<Document extends { paths?: object | undefined; components?: object | undefined }>(
  document: Document,
): Document {
  const components =
    isPart(document.components) && isPart(document.components.schemas) ? document.components.schemas : {};
  const operations = Object.values(document.paths ?? {}).flatMap((path) => (isPart(path) ? Object.values(path) : []));
  for (const operation of operations.filter(isPart)) {
    if (isPart(operation.requestBody)) addExamples(operation.requestBody, { components, optional: "none", within: [] });
    for (const [status, answer] of Object.entries(operation.responses ?? {})) {
      if (!status.startsWith("2") || !isPart(answer)) continue;
      addExamples(answer, { components, optional: "with example", within: [] });
    }
  }
  return document;
}

function addExamples({ content }: Part, making: Making): void {
  for (const media of Object.values(content ?? {})) {
    if (!isPart(media) || media.example !== undefined) continue;
    const example = exampleOf(media.schema, making);
    if (example !== undefined) media.example = example;
  }
}

/** Undefined where nothing says what a text may be, or where a schema would go on in itself. */
function exampleOf(schema: unknown, making: Making, name = ""): unknown {
  if (!isPart(schema)) return undefined;
  const { $ref, example, enum: values } = schema;
  // What may be null is: examples of times are at hand for all of them, and most are of what has not happened.
  if ([schema.type].flat().includes("null")) return null;
  if (example !== undefined) return example;
  if (Array.isArray(values)) return values[0];
  if (schema.const !== undefined) return schema.const;
  if (typeof $ref === "string") return ofReference($ref, making, name);
  if (isPart(schema.properties)) return ofObject(schema, schema.properties, making);
  if (Array.isArray(schema.allOf)) return Object.assign({}, ...schema.allOf.map((part) => exampleOf(part, making)));
  const variants = parts(schema.anyOf ?? schema.oneOf);
  if (variants.length === 0) return plainest(schema, making, name);
  return variants.map((variant) => exampleOf(variant, making, name)).find((value) => value !== undefined);
}

function ofReference(reference: string, making: Making, name: string): unknown {
  if (making.within.includes(reference)) return undefined;
  const schema = making.components[reference.split("/").at(-1) ?? ""];
  return exampleOf(schema, { ...making, within: [...making.within, reference] }, name);
}

function ofObject({ required }: Part, properties: Part, making: Making): Part {
  const isShown = (name: string, property: unknown) =>
    (Array.isArray(required) && required.includes(name)) ||
    (making.optional === "with example" && isPart(property) && property.example !== undefined);
  const shown = Object.entries(properties)
    .filter(([name, property]) => isShown(name, property))
    .map(([name, property]) => [name, exampleOf(property, making, name)] as const);
  return Object.fromEntries(shown.filter(([, value]) => value !== undefined));
}

function plainest({ type, items, minimum, pattern }: Part, making: Making, name: string): unknown {
  const types = [type].flat();
  if (types.includes("array")) {
    const item = exampleOf(items, making, name.replace(/s$/, ""));
    return item === undefined ? [] : [item];
  }
  if (types.includes("object")) return {};
  if (types.includes("boolean")) return false;
  if (types.includes("integer") || types.includes("number")) {
    return typeof minimum === "number" && minimum > 0 ? minimum : 0;
  }
  const isId = /(^|_)id$/.test(name) && types.includes("string") && pattern !== undefined;
  return isId ? (IDS[name] ?? ANY_ID) : undefined;
}
