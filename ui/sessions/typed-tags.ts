/** The server's limits. */
const MAX_TAGS = 32;
const MAX_TAG = 64;

/** The tags with what was typed behind them, or null where nothing is added: commas part tags, and each is there once. */
export function withTyped(tags: readonly string[], typed: string): string[] | null {
  const added = typed
    .split(/[,，、]/u)
    .map((tag) => [...tag.trim().normalize("NFC")].slice(0, MAX_TAG).join("").trim())
    .filter((tag) => tag !== "");
  const all = [...new Set([...tags, ...added])].slice(0, MAX_TAGS);
  return all.length > tags.length ? all : null;
}

export const without = (tags: readonly string[], tag: string): string[] => tags.filter((one) => one !== tag);
