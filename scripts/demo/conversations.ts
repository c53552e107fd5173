/** How people begin conversations. */
const OPENINGS: readonly string[] = [
  "My invoice of May is missing, and the one of June has the wrong address.",
  "How do I repot a monstera without breaking its roots?",
  "Can you help me to plan three days in Lisbon with two children?",
  "The lamp in my hallway flickers whenever the dishwasher runs.",
  "Explain compound interest to a twelve-year-old.",
  "Plan a vegetarian dinner for ten people on Saturday.",
  "What is a fair price for a used cargo bike?",
  "Draft a letter to my landlord about the broken heating.",
  "京都の紅葉はいつが見頃ですか。",
  "Which visa does a Brazilian musician need for a tour of Japan?",
  "Compare heat pumps and gas boilers for an old brick house.",
  "My sourdough never rises, although the starter is lively.",
  "Wie kündige ich einen Mobilfunkvertrag rechtzeitig?",
  "Write a toast for my sister's wedding, short and warm.",
  "How long does the battery of a hearing aid last?",
  "Suggest five names for a small bookshop by the sea.",
  "Our team keeps missing deadlines. Where should we begin?",
  "我想学做麻婆豆腐。",
  "What should I see in the Prado if I have only two hours?",
  "The printer says PC LOAD LETTER. What does it want?",
  "Recommend a first telescope for under three hundred euros.",
  "How do I remove red wine from a wool carpet?",
  "Aide-moi à préparer un entretien d'embauche demain.",
  "Is it safe to run a marathon six weeks after a cold?",
  "Translate this menu for a guest who has a nut allergy.",
  "Why is my cat afraid of cucumbers?",
  "I want to change the delivery address of order 7731.",
  "Teach me the first three chords on the ukulele.",
  "What does a freelance illustrator charge for a book cover?",
  "ฉันอยากไปเที่ยวเชียงใหม่ในฤดูหนาว",
  "How do tides work on the side away from the moon?",
  "Find out why my refund of March has not arrived.",
  "Set up a training plan for my first triathlon.",
  "Which trees grow well in a windy coastal garden?",
  "Quiero aprender a bailar tango en casa.",
  "Summarise the rules of cricket for a baseball fan.",
  "My bicycle chain jumps when I pedal uphill.",
  "Help me to write a eulogy for a quiet man.",
  "Can the refund go to another card than the one I paid with?",
  "How much should I water an olive tree on a balcony?",
];

/** The users that the conversations belong to. */
export const CUSTOMERS = ["bea", "carl"] as const;

const FIRST_AT = 1_790_000_000;

interface Conversation {
  id: string;
  user: (typeof CUSTOMERS)[number];
  opening: string;
}

/** Forty of each customer. */
export const CONVERSATIONS: readonly Conversation[] = CUSTOMERS.flatMap((user) =>
  OPENINGS.map((opening, nth) => ({ id: `${user}-${String(nth + 1).padStart(2, "0")}`, user, opening })),
);

/** A customer's conversations as Agno's database has them: each line is a row of `agno_sessions` with one run in it. */
export function agnoRows(customer: string): string {
  const rows = CONVERSATIONS.map(agnoRow).filter(({ user_id }) => user_id === customer);
  return rows.map((row) => `${JSON.stringify(row)}\n`).join("");
}

function agnoRow({ id, user, opening }: Conversation, nth: number) {
  const created_at = FIRST_AT + nth * 60;
  const answer = `You asked: “${opening}” Let us see.`;
  const messages = [
    { role: "user", content: opening, created_at },
    { role: "assistant", content: answer, created_at },
  ];
  const run = { run_id: `run-of-${id}`, agent_id: "assistant", session_id: id, status: "COMPLETED", created_at };
  return {
    session_id: id,
    session_type: "agent",
    agent_id: "assistant",
    user_id: user,
    session_data: {},
    runs: [{ ...run, input: { input_content: opening }, content: answer, messages }],
    created_at,
    updated_at: created_at,
  };
}
