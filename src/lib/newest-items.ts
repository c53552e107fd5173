import { joinBytes } from "./join-bytes.ts";
import {
  isArray,
  isObject,
  isSame,
  itemsIn,
  lengthOf,
  memberOf,
  type Span,
  wholeSpan,
  writtenName,
} from "./json-spans.ts";

/** A list at the top level of a JSON text, and the member beside it that names one of its items by `id`. */
export interface History {
  list: string;
  named: string;
}

/** The JSON text without most of the list: its last item stays, and the one that is named. A text of another shape stays as it is. */
export function newestItems(json: Uint8Array, { list, named }: History): Uint8Array {
  const whole = wholeSpan(json);
  const items = isObject(json, whole) ? memberOf(json, whole, writtenName(list)) : null;
  if (items === null || !isArray(json, items)) return json;
  const [first, ...more] = keptOf(json, items, memberOf(json, whole, writtenName(named)));
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

const ID = writtenName("id");

function keptOf(json: Uint8Array, items: Span, name: Span | null): Span[] {
  let named: Span | null = null;
  let last: Span | null = null;
  for (const item of itemsIn(json, items)) {
    last = item;
    if (name !== null && isNamed(json, item, name)) named = item;
  }
  return [named, last].filter((one): one is Span => one !== null).filter((one, nth, all) => all.indexOf(one) === nth);
}

function isNamed(json: Uint8Array, item: Span, name: Span): boolean {
  // Two braces and a colon stand around the member. What is shorter is not looked into.
  if (!isObject(json, item) || lengthOf(item) < ID.length + lengthOf(name) + 3) return false;
  const id = memberOf(json, item, ID);
  return id !== null && isSame(json, id, name);
}
