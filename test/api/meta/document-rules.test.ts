import { beforeAll, describe, expect, it } from "vitest";
import { TAGS } from "../../../src/api/shared/tags.ts";
import { type DocumentedOperation, documentedOperations } from "../../support/document.ts";
import { call } from "../../support/http.ts";
import { schemaProblems } from "../../support/schema-problems.ts";

// What linters of OpenAPI ask of a document, as Redocly's `recommended` has it, and what readers of it do.

// biome-ignore lint/suspicious/noExplicitAny: the document's JSON, looked into by tests
let document: any;
let operations: DocumentedOperation[];
beforeAll(async () => {
  document = (await call("GET", "/openapi.json")).body;
  operations = await documentedOperations();
});

interface Media {
  schema: Record<string, unknown>;
  example?: unknown;
}

const responsesOf = ({ responses }: DocumentedOperation) =>
  Object.entries(responses as Record<string, { description: string; content?: Record<string, Media> }>);
const mediaOf = (content: Record<string, unknown> = {}) => Object.entries(content as Record<string, Media>);
/** What an operation answers when it works, and what it is sent. */
const examples = () =>
  operations.flatMap((operation) => [
    ...responsesOf(operation)
      .filter(([status]) => status.startsWith("2"))
      .flatMap(([status, { content }]) =>
        mediaOf(content).map(([type, media]) => ({ of: `${operation.operationId} ${status} ${type}`, media })),
      ),
    ...mediaOf(operation.requestBody?.content).map(([type, media]) => ({
      of: `${operation.operationId} body ${type}`,
      media,
    })),
  ]);
const referencesIn = (value: unknown): string[] => JSON.stringify(value).match(/#\/components\/[^"]+/g) ?? [];

describe("every operation", () => {
  it("has a summary, and a description that says more than what scope it needs", () => {
    const without = operations.filter(({ summary, description }) => {
      const own = description.replace(/Needs `.*\.$/, "").trim();
      return typeof summary !== "string" || summary === "" || own === "" || own === summary;
    });
    expect(without.map(({ operationId }) => operationId)).toEqual([]);
  });

  it("has an example of its success and of its body, and it is what the schema says", () => {
    const problems = examples().flatMap(({ of, media: { schema, example } }) =>
      example === undefined
        ? [`${of}: none`]
        : schemaProblems(example, schema, document.components.schemas).map((problem) => `${of}: ${problem}`),
    );
    expect(examples().length).toBeGreaterThan(80);
    expect(problems).toEqual([]);
  });

  it("answers 2xx, and 4xx for what callers do wrong", () => {
    const without = operations.filter((operation) => {
      const statuses = responsesOf(operation).map(([status]) => status[0]);
      return !statuses.includes("2") || !statuses.includes("4");
    });
    expect(without.map(({ operationId }) => operationId)).toEqual([]);
  });

  it("has an id of its own that may stand in a URL, and one tag", () => {
    const ids = operations.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { operationId, tags } of operations)
      expect([operationId, tags]).toEqual([expect.stringMatching(/^[a-z_]+$/), [expect.any(String)]]);
  });

  it("has each parameter once, and those of its path", () => {
    for (const { operationId, path, parameters } of operations) {
      const names = parameters.map(({ name, in: at }) => `${at} ${name}`);
      expect([operationId, new Set(names).size]).toEqual([operationId, names.length]);
      const inPath = [...path.matchAll(/\{(.+?)\}/g)].map(([, name]) => `path ${name}`);
      expect(names.filter((name) => name.startsWith("path "))).toEqual(inPath);
    }
  });
});

describe("the document", () => {
  it("says under which license it is, who made it, and that its server is its own", () => {
    expect(document.info).toMatchObject({ license: { name: "Apache-2.0", identifier: "Apache-2.0" }, contact: {} });
    expect(document.info.contact.name).not.toBe("");
    expect(document.servers).toEqual([{ url: "/" }]);
  });

  it("says of each tag what it is about, and has no other", () => {
    const used = new Set(operations.flatMap(({ tags }) => tags as string[]));
    expect(document.tags).toEqual(TAGS);
    expect(new Set(TAGS.map(({ name }) => name))).toEqual(used);
    for (const { description } of TAGS) expect(description).toMatch(/\.$/);
  });

  it("has no path twice, under other names of its parameters or with a slash at its end", () => {
    const paths = Object.keys(document.paths).map((path) => path.replaceAll(/\{.+?\}/g, "{}"));
    expect(new Set(paths).size).toBe(paths.length);
    expect(paths.filter((path) => path !== "/" && (path.endsWith("/") || path.includes("?")))).toEqual([]);
  });

  it("has no two paths of which a request could mean either", () => {
    const isVariable = (part: string) => part.startsWith("{");
    const split = Object.keys(document.paths).map((path) => path.split("/"));
    const variables = (parts: string[]) => parts.filter(isVariable).length;
    const both = split.flatMap((one, nth) =>
      split
        .slice(nth + 1)
        .filter((other) => other.length === one.length && variables(other) === variables(one))
        .filter((other) =>
          one.every((part, at) => part === other[at] || isVariable(part) || isVariable(other[at] ?? "")),
        )
        .map((other) => [one.join("/"), other.join("/")]),
    );
    expect(both).toEqual([]);
  });

  it("has no component that nothing names", () => {
    const named = new Set(referencesIn(document.paths));
    for (let before = -1; before !== named.size; ) {
      before = named.size;
      for (const reference of [...named]) {
        const schema = document.components.schemas[reference.split("/").at(-1) ?? ""];
        for (const further of referencesIn(schema ?? {})) named.add(further);
      }
    }
    const all = Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`);
    expect(all.filter((name) => !named.has(name))).toEqual([]);
  });

  it("has no value of an enum, and no example of a field, that its own schema refuses", () => {
    const problems: string[] = [];
    const look = (value: unknown, at: string) => {
      if (typeof value !== "object" || value === null) return;
      const schema = value as Record<string, unknown>;
      const { enum: values, example } = schema;
      const given = [...(Array.isArray(values) ? values : []), ...(example === undefined ? [] : [example])];
      if ("type" in schema || "$ref" in schema || "anyOf" in schema) {
        problems.push(...given.flatMap((one) => schemaProblems(one, schema, document.components.schemas, at)));
      }
      for (const [key, child] of Object.entries(schema)) if (key !== "example") look(child, `${at}/${key}`);
    };
    look(document.components.schemas, "#");
    look(document.paths, "#");
    expect(problems).toEqual([]);
  });

  it("names a scheme for whatever must be shown", () => {
    const schemes = Object.keys(document.components.securitySchemes);
    const asked = [document.security, ...operations.map(({ security }) => security ?? [])].flat(2);
    expect(asked.flatMap((one: object) => Object.keys(one)).filter((name) => !schemes.includes(name))).toEqual([]);
  });
});
