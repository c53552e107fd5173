import { z } from "zod";
import { defineTool } from "../../domain/tool.ts";

export const add = defineTool({
  name: "add",
  description: "Adds two numbers.",
  parameters: z.object({
    a: z.number().describe("The first number."),
    b: z.number().describe("The second number."),
  }),
  execute: ({ a, b }) => a + b,
});
