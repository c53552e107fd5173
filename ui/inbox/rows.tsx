import { useComputed } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Failure } from "../parts/failure.tsx";
import { renaming } from "../sessions/asking.ts";
import { chooseRow, RowTools, renameRow } from "../sessions/row-tools.tsx";
import { texts } from "../texts/index.ts";
import { keepPlace, placeIn } from "./keep-place.ts";
import { grown, inParts, isContinued, type Part } from "./list-parts.ts";
import { currentList, shownIds } from "./lists.ts";
import { Row } from "./row.tsx";
import { onRowFocus, onRowKey, tabStop } from "./row-focus.ts";

/** The same function for each row, or all of them would be rendered with the list. */
const idsNow = () => shownIds.peek();

/** All rows that are loaded. The browser skips parts that are out of sight, and the next page comes before its place is in sight. */
export function Rows() {
  const list = useRef<HTMLDivElement>(null);
  const newest = shownIds.value;
  // While a name is edited in the list it stands still: a field that moves is lost from sight, and loses where one types in it.
  const isStill = useComputed(() => renaming.value?.at === "row").value;
  const still = useRef(newest);
  if (!isStill) still.current = newest;
  const loaded = currentList.value;
  // Who comes back to a place in the list needs all that is above it.
  const shown = useRef(loaded.scrollTop > 0 ? still.current : []);
  const ids = grown(shown.current, still.current);
  const isMoved = !isContinued(shown.current, ids);
  shown.current = ids;
  const isGrown = ids === still.current;
  const [, growOn] = useState({});
  const parts = useRef<readonly Part[]>([]);
  parts.current = inParts(parts.current, ids);
  // Of a part that is given again as it was nothing is compared.
  const made = useRef(new Map<Part, VNode>());
  made.current = new Map(
    parts.current.map((part) => [part, made.current.get(part) ?? <RowsOf key={part.key} part={part} />]),
  );
  const before = isMoved && list.current && placeIn(list.current);
  useLayoutEffect(() => {
    if (list.current && before) keepPlace(list.current, before);
  });
  useLayoutEffect(() => {
    if (list.current) list.current.scrollTop = loaded.scrollTop;
  }, []);
  const fill = () => {
    const { current } = list;
    if (current === null || !isGrown || loaded.failed.peek() !== null) return;
    const below = current.scrollHeight - current.scrollTop - current.clientHeight;
    if (below < current.clientHeight) void loaded.more();
  };
  // The pages of a list are asked for one by one: each that has come may leave room for another.
  const hasCome = !loaded.isLoading.value;
  useEffect(fill, [ids, hasCome, loaded]);
  useEffect(() => {
    if (!isGrown) growOn({});
  });
  useEffect(() => {
    addEventListener("resize", fill);
    return () => removeEventListener("resize", fill);
  }, [loaded, isGrown]);
  return (
    // biome-ignore lint/a11y/useSemanticElements: an <ul> may have nothing between itself and its rows, and this has parts.
    <div
      ref={list}
      class="rows"
      role="list"
      onScroll={({ currentTarget }) => {
        loaded.scrollTop = currentTarget.scrollTop;
        fill();
      }}
      onFocusCapture={onRowFocus}
      onKeyDown={onRowKey}
      onClick={(event) => chooseRow(event, idsNow())}
      onDblClick={renameRow}
      aria-busy={loaded.isLoading.value}
    >
      {[...made.current.values()]}
      {loaded.failed.value && (
        // biome-ignore lint/a11y/useSemanticElements: a <li> stands in an <ul>.
        <div key="failed" role="listitem">
          <Failure what={texts.inbox.olderFailed} told={loaded.failed.value} onRetry={() => void loaded.more()} />
        </div>
      )}
    </div>
  );
}

/** The rows of a part. One that is given again as it was is compared with nothing. */
function RowsOf({ part: { ids } }: { part: Part }) {
  const made = useRef(new Map<string, VNode>());
  made.current = new Map(ids.map((id) => [id, made.current.get(id) ?? item(id)]));
  return (
    <div class="row-part" style={{ "--rows": ids.length }}>
      {[...made.current.values()]}
    </div>
  );
}

const item = (id: string): VNode => (
  // biome-ignore lint/a11y/useSemanticElements: a <li> stands in an <ul>.
  <div key={id} role="listitem" class="row-place">
    <Row sessionId={id} />
    <RowTools sessionId={id} ids={idsNow} stop={tabStop} />
  </div>
);
