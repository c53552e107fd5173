import { z } from "zod";
import { defineTool } from "../../domain/tool.ts";

/** Shows a tool whose receiver a person fills in; it has no way to send anything. */
export const sendEmail = defineTool({
  name: "send_email",
  description: "Sends an email to an address that a person fills in. A demonstration: nothing is sent.",
  parameters: z.object({
    to: z.string().describe("The address to send to."),
    subject: z.string().describe("The subject of the email."),
  }),
  requiresUserInput: ["to"],
  execute: ({ to, subject }) =>
    `The email "${subject}" would go to ${to} now. This is a demonstration, nothing was sent.`,
});
