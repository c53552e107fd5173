import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineTool, modelParameters } from "../../../../src/domain/tool.ts";
import { delegateTool } from "../../../../src/engine/prompt/team.ts";
import { strictSchema } from "../../../../src/model/openai/responses/strict-schema.ts";

/** The parameters of a tool as a model is told them. */
const schemaOf = (parameters: z.ZodType) =>
  modelParameters(defineTool({ name: "tool", description: "", parameters, execute: () => "" }));

const object = (properties: Record<string, unknown>, beside: Record<string, unknown> = {}) => ({
  type: "object",
  properties,
  required: Object.keys(properties),
  ...beside,
});

describe("a schema in strict form", () => {
  it("has every object closed and every property required, at any depth", () => {
    const person = z.object({ name: z.string(), pets: z.array(z.object({ kind: z.enum(["cat", "dog"]) })) });
    const pet = {
      type: "object",
      properties: { kind: { type: "string", enum: ["cat", "dog"] } },
      required: ["kind"],
      additionalProperties: false,
    };
    expect(strictSchema(schemaOf(person))).toEqual({
      type: "object",
      properties: { name: { type: "string" }, pets: { type: "array", items: pet } },
      required: ["name", "pets"],
      additionalProperties: false,
    });
  });

  it("says that nothing is required where there is nothing", () => {
    expect(strictSchema(schemaOf(z.object({})))).toEqual({
      type: "object",
      properties: {},
      required: [],
      additionalProperties: false,
    });
  });

  it.each<[string, z.ZodType]>([
    ["a value that may be null", z.string().nullable()],
    ["a whole number in bounds", z.number().int().min(1).max(5)],
    ["one of several types", z.union([z.string(), z.number()])],
    ["one of several shapes", z.union([z.object({ a: z.string() }), z.object({ b: z.string() })])],
    ["a fixed value", z.literal("k")],
    ["a list of a bounded length", z.array(z.string()).min(1).max(3)],
    ["an e-mail address", z.email()],
    ["a UUID", z.uuid()],
    ["an instant", z.iso.datetime()],
    ["a pattern", z.string().regex(/^[a-z]+$/)],
    ["a text that is described", z.string().describe("What is said.")],
  ])("exists for %s", (_what, type) => {
    expect(strictSchema(schemaOf(z.object({ value: type })))).toMatchObject({ additionalProperties: false });
  });

  it("exists for a schema that holds itself", () => {
    const tree = z.object({
      name: z.string(),
      get children() {
        return z.array(tree);
      },
    });
    expect(strictSchema(schemaOf(tree))).toMatchObject({ additionalProperties: false });
  });

  it("exists for the tools by which a team's leader delegates", () => {
    for (const mode of ["coordinate", "broadcast"] as const) {
      expect(strictSchema(delegateTool(mode, []).parameters)).toMatchObject({ additionalProperties: false });
    }
  });

  it.each<[string, z.ZodType]>([
    ["a property that may be left out", z.string().optional()],
    ["a property with a default", z.string().default("x")],
    ["any number of properties", z.record(z.string(), z.string())],
    ["properties beside the named ones", z.looseObject({ a: z.string() })],
    ["a list of fixed places", z.tuple([z.string(), z.number()])],
    ["a type that JSON schema cannot say", z.date()],
    ["anything", z.any()],
    ["shapes told apart by a property", z.discriminatedUnion("t", [z.object({ t: z.literal(1) })])],
    ["a text of a bounded length", z.string().max(5)],
    ["a format that is not known", z.url()],
    ["a pattern that looks around", z.string().regex(/^(?!a)b/)],
    ["a list of anything", z.array(z.unknown())],
  ])("does not exist for %s", (_what, type) => {
    expect(strictSchema(schemaOf(z.object({ value: type })))).toBeNull();
    expect(strictSchema(schemaOf(z.object({ list: z.array(z.object({ value: type })) })))).toBeNull();
  });

  it("does not exist for what is no object", () => {
    expect(strictSchema(schemaOf(z.union([z.object({ a: z.string() }), z.object({ b: z.string() })])))).toBeNull();
    expect(strictSchema(schemaOf(z.array(z.string())))).toBeNull();
    expect(strictSchema({})).toBeNull();
  });

  it.each<[string, Record<string, unknown>]>([
    ["a reference with something beside it", object({ a: { $ref: "#/$defs/a", description: "x" } })],
    ["a reference to elsewhere", object({ a: { $ref: "https://example.com/schema" } })],
    ["a type of no name", object({ a: { type: "text" } })],
    ["two shapes at once", object({ a: { allOf: [object({ b: { type: "string" } })] } })],
    ["a schema that is true", object({ a: true })],
    ["a list of no type", object({ a: { type: "array" } })],
    ["a word of no meaning", object({ a: { type: "string", "x-order": 1 } })],
    ["properties that are a list", { type: "object", properties: [], required: [] }],
    ["a required that is a word", { type: "object", properties: { a: { type: "string" } }, required: "a" }],
    ["an enum that is a word", object({ a: { type: "string", enum: "a" } })],
  ])("does not exist for %s", (_what, schema) => {
    expect(strictSchema(schema)).toBeNull();
  });

  it("does not exist beyond OpenAI's limits", () => {
    const properties = (count: number) =>
      object(Object.fromEntries(Array.from({ length: count }, (_, nth) => [`p${nth}`, { type: "string" }])));
    expect(strictSchema(properties(100))).not.toBeNull();
    expect(strictSchema(properties(101))).toBeNull();
    const words = (count: number) => object({ a: { type: "string", enum: Array.from({ length: count }, String) } });
    expect(strictSchema(words(500))).not.toBeNull();
    expect(strictSchema(words(501))).toBeNull();
    const nested = (depth: number): Record<string, unknown> =>
      depth === 0 ? { type: "string" } : object({ in: nested(depth - 1) });
    expect(strictSchema(nested(5))).not.toBeNull();
    expect(strictSchema(nested(6))).toBeNull();
  });

  it("leaves the schema that it is made of as it was", () => {
    const schema = schemaOf(z.object({ a: z.object({ b: z.string() }) }));
    const before = structuredClone(schema);
    strictSchema(schema);
    expect(schema).toEqual(before);
  });
});
