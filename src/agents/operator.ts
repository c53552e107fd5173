import type { Agent } from "../domain/agent.ts";
import { add } from "./tools/add.ts";
import { deleteRecord } from "./tools/delete-record.ts";
import { runShell } from "./tools/run-shell.ts";
import { sendEmail } from "./tools/send-email.ts";

export const operator: Agent = {
  id: "operator",
  name: "Operator",
  description: "Works with tools.",
  instructions: "You are a careful operator. Use your tools for what they can do instead of answering from memory.",
  tools: [add, deleteRecord, sendEmail, runShell],
};
