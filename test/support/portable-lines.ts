/** Lines of a portable session, made up. */

// biome-ignore lint/suspicious/noExplicitAny: a line's JSON, looked into by tests
export type Line = any;

export const linesOf = (text: string): Line[] =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));

export const asText = (lines: Line[]): string => lines.map((line) => `${JSON.stringify(line)}\n`).join("");

/** A small session that is complete, as lines. */
export function sessionLines(sessionId: string, fields: { user_id?: string; runs?: number } = {}): Line[] {
  const { runs = 1, ...session } = fields;
  const at = 1_700_000_000_000;
  const rows = Array.from({ length: runs }, (_, index) => {
    const run_id = `${sessionId}-run-${index}`;
    const times = { created_at: at + index, started_at: at + index, settled_at: at + index };
    return [
      {
        type: "run",
        run_id,
        run_index: index,
        member_slots: 0,
        agent_id: "assistant",
        status: "COMPLETED",
        input: `question ${index}`,
        input_messages: 1,
        finish_reason: "stop",
        events: [
          ["S", 0],
          ["Q", 0],
          ["D", 0, 8],
          ["A", 0],
          ["C", 0],
          ["X", 0],
        ],
        ...times,
      },
      message(run_id, 0, "user", `question ${index}`, at + index),
      message(run_id, 1, "assistant", `answer ${index}`, at + index),
    ];
  });
  return [
    {
      type: "session",
      session_id: sessionId,
      session_type: "agent",
      agent_id: "assistant",
      name_version: 0,
      first_message: "question 0",
      tags: [],
      visibility: "listed",
      version: 0,
      created_at: at,
      updated_at: at,
      ...session,
    },
    ...rows.flat(),
    { type: "session_end", session_id: sessionId, counts: { runs, messages: 2 * runs, requirements: 0 } },
  ];
}

export const message = (
  run_id: string,
  message_index: number,
  role: string,
  content: string,
  created_at = 1_700_000_000_000,
): Line => ({
  type: "message",
  run_id,
  message_index,
  message_id: `${run_id}-${message_index}`,
  role,
  content,
  created_at,
});

/** The line of an open requirement of the run. */
export const requirementLine = (run_id: string): Line => ({
  type: "requirement",
  requirement_id: crypto.randomUUID(),
  run_id,
  position: 0,
  component_name: "Assistant",
  kind: "user_input",
  status: "open",
  tool_call_id: "c",
  call: 0,
  tool_name: "add",
  tool_args: {},
  on_expiry: "reject",
  created_at: 1_700_000_000_000,
});
