/** Whether a value is what a schema of the document says. It knows the words that the document has. */
type Schema = Record<string, unknown>;

const TYPES: Record<string, (value: unknown) => boolean> = {
  null: (value) => value === null,
  string: (value) => typeof value === "string",
  boolean: (value) => typeof value === "boolean",
  number: (value) => typeof value === "number",
  integer: Number.isInteger,
  array: Array.isArray,
  object: (value) => typeof value === "object" && value !== null && !Array.isArray(value),
};

/** What is wrong with the value, each with its place; nothing if all is right. */
export function schemaProblems(value: unknown, schema: Schema, schemas: Record<string, Schema>, at = "$"): string[] {
  if (typeof schema.$ref === "string") {
    const named = schemas[schema.$ref.split("/").at(-1) ?? ""];
    return named === undefined ? [`${at}: ${schema.$ref} is nothing`] : schemaProblems(value, named, schemas, at);
  }
  return [
    ...wordProblems(value, schema, at),
    ...variantProblems(value, schema, schemas, at),
    ...partProblems(value, schema, schemas, at),
  ];
}

function wordProblems(
  value: unknown,
  { type, enum: values, pattern, minimum, maximum, not }: Schema,
  at: string,
): string[] {
  const types = type === undefined ? [] : [type].flat();
  const isOf = types.length === 0 || types.some((one) => TYPES[String(one)]?.(value));
  const isWrong = [
    [!isOf, `is no ${types.join(" or ")}`],
    [Array.isArray(values) && !values.includes(value), "is none of the enum"],
    [
      typeof pattern === "string" && typeof value === "string" && !new RegExp(pattern, "u").test(value),
      "breaks the pattern",
    ],
    [typeof value === "number" && typeof minimum === "number" && value < minimum, "is too small"],
    [typeof value === "number" && typeof maximum === "number" && value > maximum, "is too large"],
    [value === null && JSON.stringify(not) === '{"type":"null"}', "is null"],
  ] as const;
  return isWrong.flatMap(([wrong, what]) => (wrong ? [`${at}: ${JSON.stringify(value)} ${what}`] : []));
}

function variantProblems(value: unknown, schema: Schema, schemas: Record<string, Schema>, at: string): string[] {
  const all = ((schema.allOf ?? []) as Schema[]).flatMap((one) => schemaProblems(value, one, schemas, at));
  const some = ["anyOf", "oneOf"].flatMap((word) => {
    const variants = schema[word] as Schema[] | undefined;
    if (variants === undefined) return [];
    const fits = variants.filter((one) => schemaProblems(value, one, schemas, at).length === 0).length;
    const isKept = word === "anyOf" ? fits > 0 : fits === 1;
    return isKept ? [] : [`${at}: fits ${fits} of ${word}`];
  });
  return [...all, ...some];
}

function partProblems(value: unknown, schema: Schema, schemas: Record<string, Schema>, at: string): string[] {
  if (Array.isArray(value)) {
    const items = schema.items as Schema | undefined;
    return items === undefined
      ? []
      : value.flatMap((item, nth) => schemaProblems(item, items, schemas, `${at}[${nth}]`));
  }
  if (!TYPES.object?.(value)) return [];
  const fields = value as Schema;
  const properties = (schema.properties ?? {}) as Record<string, Schema>;
  const required = (schema.required ?? []) as string[];
  const missing = required.filter((name) => !(name in fields)).map((name) => `${at}: has no ${name}`);
  const unknown = Object.keys(fields).filter((name) => schema.additionalProperties === false && !(name in properties));
  return [
    ...missing,
    ...unknown.map((name) => `${at}: may not have ${name}`),
    ...Object.entries(properties).flatMap(([name, property]) =>
      name in fields ? schemaProblems(fields[name], property, schemas, `${at}.${name}`) : [],
    ),
  ];
}
