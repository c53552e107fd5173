import { joinBytes } from "./join-bytes.ts";
import { isArray, isObject, isSame, itemsIn, memberOf, type Span, wholeSpan } from "./json-spans.ts";

/** A list at the top level of a JSON text, and the member beside it that names one of its items by `id`. */
export interface History {
  list: string;
  named: string;
}

/** The JSON text without most of the list: its last item stays, and the one that is named. A text of another shape stays as it is. */
export function newestItems(json: Uint8Array, { list, named }: History): Uint8Array {
  const whole = wholeSpan(json);
  const items = isObject(json, whole) ? memberOf(json, whole, list) : null;
  if (items === null || !isArray(json, items)) return json;
  const [first, ...more] = keptOf(json, items, memberOf(json, whole, named));
  if (first === undefined) return json;
  const pieces = [
    json.subarray(0, items.start + 1),
    json.subarray(first.start, first.end),
    ...more.flatMap(({ start, end }) => [COMMA, json.subarray(start, end)]),
    END,
    json.subarray(items.end),
  ];
  return joinBytes(
    pieces,
    pieces.reduce((sum, { byteLength }) => sum + byteLength, 0),
  );
}

const COMMA = new TextEncoder().encode(",");
const END = new TextEncoder().encode("]");

function keptOf(json: Uint8Array, items: Span, name: Span | null): Span[] {
  let named: Span | null = null;
  let last: Span | null = null;
  for (const item of itemsIn(json, items)) {
    last = item;
    const id = name !== null && isObject(json, item) ? memberOf(json, item, "id") : null;
    if (id !== null && name !== null && isSame(json, id, name)) named = item;
  }
  return [named, last].filter((one): one is Span => one !== null).filter((one, nth, all) => all.indexOf(one) === nth);
}
