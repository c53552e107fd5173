import type { ToolName } from "./operations.ts";
import type { GivenAnswer, Verdict } from "./record.ts";

// The arguments, requirements and results of the operator's tools (`src/agents/tools`).

/** What a person has to do before a call can go on; null for a tool that runs by itself. */
export const WAITS_FOR: Record<ToolName, Verdict | null> = {
  add: null,
  delete_record: "confirmed",
  send_email: "filled",
  run_shell: "executed",
};

const numbers = (callId: string) => [callId.length, Number(/\d+/.exec(callId)?.[0] ?? 0)] as const;

export function toolArguments(name: ToolName, callId: string): string {
  const [a, b] = numbers(callId);
  const args = {
    add: { a, b },
    delete_record: { id: callId },
    send_email: { subject: callId },
    run_shell: { command: `echo ${callId}` },
  };
  return JSON.stringify(args[name]);
}

/** The result of a call, whether the server ran it or a person did elsewhere. `answer` is what the person said. */
export function toolResult(name: ToolName, callId: string, answer: GivenAnswer | null): string {
  const [a, b] = numbers(callId);
  switch (name) {
    case "add":
      return String(a + b);
    case "delete_record":
      return `Confirmed: record ${callId} would be deleted now. This is a demonstration, nothing was deleted.`;
    case "send_email":
      return `The email "${callId}" would go to ${answer?.value} now. This is a demonstration, nothing was sent.`;
    case "run_shell":
      return answer?.value ?? "";
  }
}
