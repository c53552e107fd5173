/** A text in pieces, of which some are what was looked for. */
export interface Piece {
  text: string;
  isFound: boolean;
}

/** Cuts a text at the places that the server names, in code units. Places that make no sense mark nothing. */
export function pieces(text: string, places: readonly (readonly number[])[] = []): Piece[] {
  const cut: Piece[] = [];
  let at = 0;
  const add = (to: number, isFound: boolean) => {
    if (to > at) cut.push({ text: text.slice(at, to), isFound });
    at = Math.max(at, to);
  };
  for (const [from = 0, to = 0] of places) {
    if (from < at || to > text.length) continue;
    add(from, false);
    add(to, true);
  }
  add(text.length, false);
  return cut;
}
