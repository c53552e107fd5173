/** Builds patterns from lists of phrases, one or more alternatives a line, so that long lists can be read. */

export function alternatives(list: string): string {
  return list
    .trim()
    .split(/\s*\n\s*/)
    .join("|");
}

/** Matches a text that begins with one of the phrases. */
export function opensWith(list: string, flags = "iu"): RegExp {
  return new RegExp(`^(?:${alternatives(list)})`, flags);
}
