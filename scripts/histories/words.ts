// The words that operations write, and how they are found again.

/** In each message of a user and of the model: a search for it finds all of a session. */
export const COMMON_WORD = "history";

export const messageText = (token: string) => `${COMMON_WORD} ${token} please`;

/** What a regenerated run is told besides: it stands at the end of its system message. */
export const instructionsText = (token: string) => `Heed ${token}.`;

/** What the model says in its nth answer to a run; each part goes out by itself. */
export function answerParts(token: string, nth: number, words: number): string[] {
  return [`${COMMON_WORD} `, `answer${nth}of${token}`, ...Array.from({ length: words }, (_, at) => ` word${at}`)];
}

export const nameText = (token: string) => `Name ${token}`;

const TOKEN = /\bz\d+e\d+s\d+n\w+\b/;
const INSTRUCTIONS = new RegExp(`Heed (${TOKEN.source})\\.$`);

/** The token of the operation that a run is of, by its first messages or what the model is sent; null for none. */
export function tokenOf(messages: readonly { role: string; content: string }[]): string | null {
  const system = messages.find(({ role }) => role === "system");
  const instructions = INSTRUCTIONS.exec(system?.content ?? "")?.[1];
  const user = messages.findLast(({ role }) => role === "user");
  return instructions ?? tokenIn(user?.content ?? "");
}

export const tokenIn = (text: string): string | null => TOKEN.exec(text)?.[0] ?? null;
