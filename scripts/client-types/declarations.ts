/** What the client's types are made of: a part of JSON Schema, as our own document uses it. */
interface Schema {
  $ref?: string;
  type?: string | string[];
  enum?: (string | number | boolean | null)[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  description?: string;
}

interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  description?: string;
  schema: Schema;
}

interface Operation {
  operationId?: string;
  parameters?: Parameter[];
}

/** An OpenAPI document, as far as it is read here. */
export interface ApiDocument {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

/** The schemas that the client names. What they refer to comes with them. */
const SCHEMAS = [
  "CreateSession",
  "FieldError",
  "Me",
  "MessagePage",
  "RenameSession",
  "RequirementList",
  "Run",
  "RunEvent",
  "RunOutput",
  "RunRequest",
  "SessionDetail",
  "SessionList",
  "SessionMergePatch",
  "WaitingRun",
];

/** The queries that the client's methods take, and their names. */
const QUERIES: Record<string, string> = {
  get_session_messages: "MessagesQuery",
  list_requirements: "RequirementsQuery",
  list_session_runs: "RunsQuery",
  list_sessions: "SessionsQuery",
};

/** The client says these by itself, or they say nothing here. */
const LEFT_OUT = new Set(["user_id", "db_id", "table", "cursor", "page"]);

const HEAD = "// Made from /openapi.json by `npm run client-types`. A test makes it anew and compares.\n";

/** The types of the client's rows, bodies and queries, as TypeScript. */
export function clientTypes({ paths, components: { schemas } }: ApiDocument): string {
  const operations = Object.values(paths).flatMap((methods) => Object.values(methods));
  const queries = Object.entries(QUERIES).map(([operationId, name]) => {
    const operation = operations.find((one) => one.operationId === operationId);
    if (operation === undefined) throw new Error(`The document has no operation ${operationId}.`);
    return declaration(name, querySchema(operation));
  });
  const named = withReferences(schemas).map((name) => declaration(name, schemaNamed(schemas, name)));
  return [HEAD, ...named, ...queries].join("\n");
}

/** The names of the schemas that are declared, sorted. */
function withReferences(schemas: Record<string, Schema>): string[] {
  const found = new Set<string>();
  const open = [...SCHEMAS];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (found.has(name)) continue;
    found.add(name);
    open.push(...referencesIn(schemaNamed(schemas, name)));
  }
  return [...found].sort();
}

function referencesIn(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  const own = "$ref" in value && typeof value.$ref === "string" ? [nameOf(value.$ref)] : [];
  return [
    ...own,
    ...Object.entries(value).flatMap(([key, part]) => (key === "discriminator" ? [] : referencesIn(part))),
  ];
}

function schemaNamed(schemas: Record<string, Schema>, name: string): Schema {
  const schema = schemas[name];
  if (schema === undefined) throw new Error(`The document has no schema ${name}.`);
  return schema;
}

const nameOf = (reference: string): string => reference.slice(reference.lastIndexOf("/") + 1);

function querySchema({ parameters = [] }: Operation): Schema {
  const taken = parameters.filter((one) => one.in === "query" && !LEFT_OUT.has(one.name));
  const withWords = ({ description, schema }: Parameter) =>
    description === undefined ? schema : { ...schema, description };
  return {
    type: "object",
    properties: Object.fromEntries(taken.map((one) => [one.name, withWords(one)])),
    required: taken.filter(({ required }) => required).map(({ name }) => name),
  };
}

function declaration(name: string, schema: Schema): string {
  const isObject = schema.properties !== undefined;
  return `${comment(schema, "")}export ${isObject ? `interface ${name} ` : `type ${name} = `}${typeOf(schema, "")}${isObject ? "" : ";"}\n`;
}

/** The words of a schema, which an editor then shows. */
function comment({ description }: Schema, indent: string): string {
  return description === undefined
    ? ""
    : `${indent}/** ${description.replaceAll("*/", "*\\/").replaceAll(/\s+/g, " ")} */\n`;
}

function typeOf(schema: Schema, indent: string): string {
  if (schema.$ref !== undefined) return nameOf(schema.$ref);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  // Beside properties, these only say which of them go together.
  const parts = schema.properties === undefined ? (schema.anyOf ?? schema.oneOf) : undefined;
  if (parts !== undefined) return union(parts.map((part) => typeOf(part, indent)));
  if (schema.allOf !== undefined) return schema.allOf.map((part) => typeOf(part, indent)).join(" & ");
  const types = [schema.type ?? []].flat();
  return types.length === 0 ? "unknown" : union(types.map((type) => typeNamed(type, schema, indent)));
}

const union = (types: string[]): string => [...new Set(types)].join(" | ");

function typeNamed(type: string, schema: Schema, indent: string): string {
  switch (type) {
    case "object":
      return objectType(schema, indent);
    case "array": {
      const items = typeOf(schema.items ?? {}, indent);
      return /[|&]/.test(items) && !items.startsWith("{") ? `(${items})[]` : `${items}[]`;
    }
    case "integer":
      return "number";
    default:
      return type;
  }
}

/** Fields that a schema allows but does not name are left out: with them, every name would be a field. */
function objectType({ properties, required = [], additionalProperties }: Schema, indent: string): string {
  if (properties === undefined) {
    const values = typeof additionalProperties === "object" ? typeOf(additionalProperties, indent) : "unknown";
    return `Record<string, ${values}>`;
  }
  const inner = `${indent}  `;
  const fields = Object.entries(properties).map(([name, schema]) => {
    const mark = required.includes(name) ? "" : "?";
    return `${comment(schema, inner)}${inner}${name}${mark}: ${typeOf(schema, inner)};\n`;
  });
  return `{\n${fields.join("")}${indent}}`;
}
