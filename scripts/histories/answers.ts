import type { GivenAnswer, Verdict } from "./record.ts";

/** A requirement as the inbox shows it. */
export interface OpenRequirement {
  id: string;
  run_id: string;
  kind: string;
}

const VERDICTS: Record<string, Verdict> = {
  confirmation: "confirmed",
  user_input: "filled",
  external_execution: "executed",
};

/** What a person answers who approves the call, or rejects it. */
export function answerTo({ id, kind }: OpenRequirement, approve: boolean, token: string): GivenAnswer {
  const verdict = approve ? (VERDICTS[kind] ?? "rejected") : "rejected";
  const value = verdict === "filled" ? `${token}@example.com` : `printed by ${token}`;
  return { requirementId: id, verdict, value };
}

/** The answer as the body of a continue request has it. */
export function answerJson({ requirementId: id, verdict, value }: GivenAnswer): object {
  switch (verdict) {
    case "confirmed":
      return { id, confirmation: true };
    case "rejected":
      return { id, confirmation: false, confirmation_note: value };
    case "filled":
      return { id, user_input_schema: [{ name: "to", value }] };
    case "executed":
      return { id, external_execution_result: value };
  }
}
