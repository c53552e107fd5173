import type { GivenAnswer, Verdict } from "./record.ts";

/** Something that a run waits for, as the inbox shows it. */
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

/** What a person says who approves, or does not. */
export function answerTo({ id, kind }: OpenRequirement, approve: boolean, token: string): GivenAnswer {
  const verdict = approve ? (VERDICTS[kind] ?? "rejected") : "rejected";
  const value = verdict === "filled" ? `${token}@example.com` : `printed by ${token}`;
  return { requirementId: id, verdict, value };
}

/** The same as a continue has it. */
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
