import { wrongField } from "../../http/field-errors.ts";
import {
  decodeMatchCursor,
  firstPosition,
  MAX_RANKED,
  type MatchPosition,
  matchCursor,
  type SearchRank,
} from "../../store/search/full-text.ts";

/** Where a page of matches begins; throws the 422 for a cursor that is not one of a search in this order. */
export function positionOf(cursor: string | undefined, rank: SearchRank): MatchPosition {
  if (cursor === undefined) return firstPosition(rank);
  const position = decodeMatchCursor(cursor, rank);
  if (position === null) throw wrongField("query", "cursor", "the cursor is not one of a search in this order", cursor);
  return position;
}

/** `ranked` is how many matches were put in order of relevance; null where they come as they are. */
export const pageMeta = (limit: number, next: MatchPosition | null, ranked: number | null) => ({
  limit,
  next_cursor: next === null ? null : matchCursor(next),
  ...(ranked !== null && { ranked }),
  ...(ranked !== null && ranked >= MAX_RANKED && { ranked_capped: true }),
});
