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

/** What was done to a list of tags, in the words of a change in bulk; null where nothing was. */
export function tagChange(before: readonly string[], after: readonly string[]) {
  const add_tags = after.filter((tag) => !before.includes(tag));
  const remove_tags = before.filter((tag) => !after.includes(tag));
  return add_tags.length + remove_tags.length === 0 ? null : { add_tags, remove_tags };
}

/** A session's tags behind such a change. */
export const tagsAfter = (
  tags: readonly string[],
  { add_tags, remove_tags }: { add_tags: readonly string[]; remove_tags: readonly string[] },
): string[] => [...new Set([...tags.filter((tag) => !remove_tags.includes(tag)), ...add_tags])];
