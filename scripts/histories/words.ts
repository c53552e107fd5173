// The words that operations write, and how they are found again.

/** Each message of a user or of the model has this word, so a search for it finds all of them. */
export const COMMON_WORD = "history";

export const messageText = (token: string) => `${COMMON_WORD} ${token} please`;

/** What a regenerated run adds to its system message. Its token is found by it. */
export const instructionsText = (token: string) => `Heed ${token}.`;

/** The model's nth answer to a run, in the parts in which it is sent. */
export function answerParts(token: string, nth: number, words: number): string[] {
  return [`${COMMON_WORD} `, `answer${nth}of${token}`, ...Array.from({ length: words }, (_, at) => ` word${at}`)];
}

export const nameText = (token: string) => `Name ${token}`;

const TOKEN = /\bz\d+e\d+s\d+n\w+\b/;
const INSTRUCTIONS = new RegExp(`Heed (${TOKEN.source})\\.$`);

/**
 * The token of the operation that a run belongs to, from the run's messages or from what the model is sent; null if none is
 * there.
 */
export function tokenOf(messages: readonly { role: string; content: string }[]): string | null {
  const system = messages.find(({ role }) => role === "system");
  const instructions = INSTRUCTIONS.exec(system?.content ?? "")?.[1];
  const user = messages.findLast(({ role }) => role === "user");
  return instructions ?? tokenIn(user?.content ?? "");
}

export const tokenIn = (text: string): string | null => TOKEN.exec(text)?.[0] ?? null;
