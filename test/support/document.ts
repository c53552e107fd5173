/** The operations of the server's own document, for tests that walk all of them. */
import { z } from "zod";
import { call } from "./http.ts";

const Operation = z.looseObject({
  operationId: z.string(),
  parameters: z
    .array(z.looseObject({ name: z.string(), in: z.string(), required: z.boolean().optional(), schema: z.unknown() }))
    .default([]),
  requestBody: z.looseObject({ content: z.record(z.string(), z.unknown()) }).optional(),
  /** Empty where nothing needs to be shown. */
  security: z.array(z.unknown()).optional(),
  "x-required-scopes": z.array(z.string()).default([]),
  description: z.string().default(""),
});

export interface DocumentedOperation extends z.infer<typeof Operation> {
  /** Upper case. */
  method: string;
  /** With its parameters in braces. */
  path: string;
}

export async function documentedOperations(): Promise<DocumentedOperation[]> {
  const { body } = await call("GET", "/openapi.json");
  const paths = z.record(z.string(), z.record(z.string(), Operation)).parse(body.paths);
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ ...operation, method: method.toUpperCase(), path })),
  );
}

/** The path with these values in place of its parameters, as a URL carries them. */
export const filledPath = (path: string, values: Record<string, string>): string =>
  path.replaceAll(/\{(.+?)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? "missing"));
