/** A list whose entries are made one by one, as they are taken. An empty list is written as null. */
export type LazyList = Generator<object>;

/** An object as JSON, in pieces of its text: no piece is longer than one field, or one entry of a lazy list. */
export function* jsonPieces(fields: object, { withNulls }: { withNulls: boolean }): Generator<string> {
  let before = "{";
  for (const [name, value] of Object.entries(fields)) {
    const start = `${before}${JSON.stringify(name)}:`;
    if (isLazy(value) && (yield* listPieces(start, value))) {
      before = ",";
      continue;
    }
    const field = isLazy(value) ? null : value;
    if (field === undefined || (field === null && !withNulls)) continue;
    yield start + JSON.stringify(field);
    before = ",";
  }
  yield before === "{" ? "{}" : "}";
}

/** Yields the list's text; returns false, and has yielded nothing, when the list is empty. */
function* listPieces(start: string, list: LazyList): Generator<string, boolean> {
  let before = `${start}[`;
  for (const entry of list) {
    yield before + JSON.stringify(entry);
    before = ",";
  }
  const isWritten = before === ",";
  if (isWritten) yield "]";
  return isWritten;
}

const isLazy = (value: unknown): value is LazyList =>
  typeof value === "object" && value !== null && Symbol.iterator in value && "next" in value;
