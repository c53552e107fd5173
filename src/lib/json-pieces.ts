/** A list whose entries are made as they are taken; one without any is null. */
export type LazyList = Generator<object>;

/** An object as JSON, as pieces of its text: none is longer than one of its fields, or one entry of a lazy list. */
export function* jsonPieces(fields: object, { withNulls }: { withNulls: boolean }): Generator<string> {
  let before = "{";
  for (const [name, value] of Object.entries(fields)) {
    const field = `${before}${JSON.stringify(name)}:`;
    if (isLazy(value)) {
      let opening = `${field}[`;
      for (const entry of value) {
        yield opening + JSON.stringify(entry);
        opening = ",";
      }
      if (opening === ",") yield "]";
      else if (withNulls) yield `${field}null`;
      else continue;
    } else if (value !== undefined && (withNulls || value !== null)) {
      yield field + JSON.stringify(value);
    } else {
      continue;
    }
    before = ",";
  }
  yield before === "{" ? "{}" : "}";
}

const isLazy = (value: unknown): value is LazyList =>
  typeof value === "object" && value !== null && Symbol.iterator in value && "next" in value;
