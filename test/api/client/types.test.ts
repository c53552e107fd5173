import { expect, it } from "vitest";
import committed from "../../../packages/client/src/api-types.ts?raw";
import { type ApiDocument, clientTypes } from "../../../scripts/client-types/declarations.ts";
import { call } from "../../support/http.ts";

it("The client's types are those of the document: `npm run client-types` makes them anew", async () => {
  const { body } = await call("GET", "/openapi.json");
  expect(clientTypes(body as ApiDocument)).toBe(committed);
});
