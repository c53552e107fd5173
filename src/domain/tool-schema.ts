import { z } from "zod";
import type { Tool } from "./tool.ts";

/** The names of the parameters that a tool takes, whoever fills them. */
export function parameterNames({ parameters }: Tool): string[] {
  return Object.keys(propertiesOf(inputSchema(parameters)));
}

/** A tool's parameters as a JSON schema, as the model and callers see them: without those that a person fills. */
export function modelParameters({ parameters, requiresUserInput = [] }: Tool): Record<string, unknown> {
  const schema = inputSchema(parameters);
  if (requiresUserInput.length === 0) return schema;
  const isForModel = (name: unknown) => !requiresUserInput.some((filled) => filled === name);
  const { properties: _, required, ...others } = schema;
  const kept = Array.isArray(required) ? required.filter(isForModel) : [];
  return {
    ...others,
    properties: Object.fromEntries(Object.entries(propertiesOf(schema)).filter(([name]) => isForModel(name))),
    ...(kept.length > 0 && { required: kept }),
  };
}

/** What JSON schema has no word for is described as anything; zod still validates it. */
function inputSchema(parameters: z.ZodType): Record<string, unknown> {
  const { $schema: _, ...schema } = z.toJSONSchema(parameters, { io: "input", unrepresentable: "any" });
  return schema;
}

function propertiesOf({ properties }: Record<string, unknown>): object {
  return typeof properties === "object" && properties !== null ? properties : {};
}
