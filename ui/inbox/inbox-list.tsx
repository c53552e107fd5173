import { computed } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { filter } from "../app/place.ts";
import type { Filter } from "../app/route.ts";
import { ExampleLine, ExampleOffer } from "../begin/example-places.tsx";
import { Empty } from "../parts/empty.tsx";
import { Failure } from "../parts/failure.tsx";
import { lazy } from "../parts/lazy.tsx";
import { seldom } from "../sessions/later.ts";
import { isSelecting, selected } from "../sessions/selection.ts";
import { texts } from "../texts/index.ts";
import { narrowing } from "./later.ts";
import { ListHeader } from "./list-header.tsx";
import { currentList, keepListNew, shownIds } from "./lists.ts";
import { Rows } from "./rows.tsx";
import { isSearch, keepSearching } from "./searching.ts";
import { Skeleton } from "./skeleton.tsx";

const BulkBar = lazy(seldom, (part) => part.BulkBar);
const FoundList = lazy(narrowing, (part) => part.FoundList, Skeleton);

const isChoosing = computed(() => isSelecting.value || selected.value.size > 0);

/** The conversations, newest first, or what a search has found. */
export function InboxList() {
  useEffect(keepListNew, []);
  useEffect(keepSearching, []);
  return (
    <>
      <ListHeader />
      <ExampleLine shown={shownIds} />
      {isSearch.value ? <FoundList /> : <Listed />}
      {isChoosing.value && <BulkBar ids={shownIds.value} />}
    </>
  );
}

function Listed() {
  const { ids, failed, isWhole } = currentList.value;
  if (ids.value === null && failed.value === null) return <Skeleton />;
  if (ids.value === null && failed.value !== null) {
    return <Failure what={texts.inbox.failed} told={failed.value} onRetry={() => void currentList.peek().more()} />;
  }
  if (shownIds.value.length === 0 && isWhole) {
    return (
      <Empty icon="inbox" {...emptyTexts(filter.value)}>
        {isEverything(filter.value) && <ExampleOffer />}
      </Empty>
    );
  }
  return <Rows key={currentList.value} />;
}

const isEverything = ({ view, tag, component, userId }: Filter) =>
  view === "all" && tag === null && component === null && userId === null;

function emptyTexts({ view, tag, component, userId }: Filter) {
  if (component !== null || userId !== null) return texts.inbox.emptyFilter;
  return tag === null ? texts.inbox.empty[view] : texts.inbox.emptyTag(tag);
}
