import { wrongField } from "../../http/field-errors.ts";

/** The place in a list that a cursor names, as `decode` reads it; null without one. Throws the 422 for any other text. */
export function readCursor<Place>(
  cursor: string | undefined,
  decode: (cursor: string) => Place | null,
  reason = "the cursor is not one of this list",
): Place | null {
  if (cursor === undefined) return null;
  const place = decode(cursor);
  if (place === null) throw wrongField("query", "cursor", reason, cursor);
  return place;
}
