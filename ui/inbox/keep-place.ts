/** What one looks at in a list that changes: where its rows are, and which has the focus. */
interface Place {
  tops: ReadonlyMap<Element, number>;
  scrollTop: number;
  focus: Focus | null;
}

/** What has the focus, and which it is in its row: a row that moves to another part is made anew. */
interface Focus {
  element: HTMLElement;
  sessionId: string | undefined;
  nth: number;
}

const ROW = "[role=listitem]";

/** Reads it before a change. */
export function placeIn(list: HTMLElement): Place {
  const { top, bottom } = list.getBoundingClientRect();
  const tops = new Map<Element, number>();
  for (const row of rowsFrom(list, top)) {
    const rowTop = row.getBoundingClientRect().top;
    if (rowTop > bottom) break;
    tops.set(row, rowTop);
  }
  return { tops, scrollTop: list.scrollTop, focus: focusIn(list) };
}

function focusIn(list: HTMLElement): Focus | null {
  const { activeElement: element } = document;
  if (!(element instanceof HTMLElement) || !list.contains(element)) return null;
  const row = element.closest(ROW);
  const sessionId = row?.querySelector<HTMLElement>("[data-session]")?.dataset.session;
  return { element, sessionId, nth: row === null ? 0 : focusable(row).indexOf(element) };
}

const focusable = (row: Element): HTMLElement[] => [...row.querySelectorAll<HTMLElement>("a, input, button")];

function focusAgain(list: HTMLElement, { element, sessionId, nth }: Focus): void {
  const row = sessionId && list.querySelector(`[data-session="${CSS.escape(sessionId)}"]`)?.closest(ROW);
  const there = element.isConnected ? element : row && focusable(row)[nth];
  if (there && document.activeElement !== there) there.focus({ preventScroll: true });
}

/**
 * Puts it back behind the change. Rows that stay in their order have moved by the same way, and the list is scrolled by that;
 * at its head it is not, so that what is new comes into view. A browser that moves a row by taking it out has blurred it.
 */
export function keepPlace(list: HTMLElement, { tops, scrollTop, focus }: Place): void {
  if (focus) focusAgain(list, focus);
  if (scrollTop === 0) return;
  // Chromium goes after a row that has the focus and is moved.
  list.scrollTop = scrollTop;
  const ways = new Map<number, number>();
  for (const [row, top] of tops) {
    if (!row.isConnected) continue;
    const way = Math.round(row.getBoundingClientRect().top - top);
    ways.set(way, (ways.get(way) ?? 0) + 1);
  }
  const [most] = [...ways].sort(([, rows], [, others]) => others - rows);
  if (most !== undefined && most[0] !== 0) list.scrollTop += most[0];
}

/** The rows from the first one on that ends below a line, part by part. */
function* rowsFrom(list: HTMLElement, line: number): Generator<Element> {
  const parts = list.children;
  for (let part = firstBelow(parts, line); part < parts.length; part += 1) {
    const rows = parts[part]?.children;
    if (rows === undefined) return;
    for (let at = firstBelow(rows, line); at < rows.length; at += 1) {
      const row = rows[at];
      if (row !== undefined) yield row;
    }
  }
}

/** The first element that ends below a line. They are in order, so this asks for a few of them only. */
function firstBelow(rows: HTMLCollection, line: number): number {
  let [from, to] = [0, rows.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((rows[middle]?.getBoundingClientRect().bottom ?? 0) > line) to = middle;
    else from = middle + 1;
  }
  return from;
}
