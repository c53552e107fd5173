/** A longer file is not read as a whole: it would have to be held, twice. */
const MAX_BYTES = 256 * 1024 * 1024;

/**
 * The file as lines that an import takes, each of one session. ChatGPT gives all conversations as one array, and a chat may be
 * written over many lines: such a file becomes lines. All else stays as it is.
 */
export async function asLines(file: File): Promise<File> {
  const begin = await file.slice(0, 1024).text();
  if (!begin.trimStart().startsWith("[") || file.size > MAX_BYTES) return file;
  const lines = linesOf(await file.text());
  return lines === null ? file : new File([lines], file.name);
}

/** The lines of what is one array; null where the text is none, such as one that is lines already. */
export function linesOf(text: string): string | null {
  let all: unknown;
  try {
    all = JSON.parse(text);
  } catch {
    return null;
  }
  if (!Array.isArray(all)) return null;
  // An array of messages is one conversation.
  const isChat = all.some((one) => typeof one === "object" && one !== null && "role" in one);
  return (isChat ? [all] : all).map((one) => `${JSON.stringify(one)}\n`).join("");
}
