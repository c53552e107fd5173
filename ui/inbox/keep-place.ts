/** What one looks at in a list that changes: where its rows are, and which has the focus. */
interface Place {
  tops: ReadonlyMap<Element, number>;
  scrollTop: number;
  focus: HTMLElement | null;
}

/** Reads it before a change. */
export function placeIn(list: HTMLElement): Place {
  const { top, bottom } = list.getBoundingClientRect();
  const rows = list.children;
  const tops = new Map<Element, number>();
  for (let at = firstBelow(rows, top); at < rows.length; at += 1) {
    const row = rows[at];
    const rowTop = row?.getBoundingClientRect().top ?? bottom;
    if (row === undefined || rowTop > bottom) break;
    tops.set(row, rowTop);
  }
  const { activeElement } = document;
  const { scrollTop } = list;
  return {
    tops,
    scrollTop,
    focus: activeElement instanceof HTMLElement && list.contains(activeElement) ? activeElement : null,
  };
}

/**
 * Puts it back behind the change. Rows that stay in their order have moved by the same way, and the list is scrolled by that;
 * at its head it is not, so that what is new comes into view. A browser that moves a row by taking it out has blurred it.
 */
export function keepPlace(list: HTMLElement, { tops, scrollTop, focus }: Place): void {
  if (focus?.isConnected && document.activeElement !== focus) focus.focus({ preventScroll: true });
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

/** The first row that ends below a line. Rows are in order, so this asks for a few of them only. */
function firstBelow(rows: HTMLCollection, line: number): number {
  let [from, to] = [0, rows.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((rows[middle]?.getBoundingClientRect().bottom ?? 0) > line) to = middle;
    else from = middle + 1;
  }
  return from;
}
