import {
  decodeMatchCursor,
  firstPosition,
  MAX_RANKED,
  type MatchPosition,
  matchCursor,
  type SearchRank,
} from "../../store/search/full-text.ts";
import { readCursor } from "../shared/cursor.ts";

/** Where a page of matches begins; throws the 422 for a cursor that is not one of a search in this order. */
export function positionOf(cursor: string | undefined, rank: SearchRank): MatchPosition {
  const reason = "the cursor is not one of a search in this order";
  return readCursor(cursor, (text) => decodeMatchCursor(text, rank), reason) ?? firstPosition(rank);
}

/** `ranked` is how many matches were put in order of relevance; null where they come newest first. */
export const pageMeta = (limit: number, next: MatchPosition | null, ranked: number | null) => ({
  limit,
  next_cursor: next === null ? null : matchCursor(next),
  ...(ranked !== null && { ranked }),
  ...(ranked !== null && ranked >= MAX_RANKED && { ranked_capped: true }),
});
