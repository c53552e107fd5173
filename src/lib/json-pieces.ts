/** A list whose entries are made one by one, as they are taken. Without an entry it is written as null. */
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

/** Whether the list had an entry: without one nothing was written. */
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
