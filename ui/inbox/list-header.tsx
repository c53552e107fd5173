import { signal } from "@preact/signals";
import { tell } from "../app/notices.ts";
import { filter, refine } from "../app/place.ts";
import { VIEWS } from "../app/route.ts";
import { IconButton } from "../parts/button.tsx";
import { lazy } from "../parts/lazy.tsx";
import { Menu, MenuItem } from "../parts/menu.tsx";
import { isSelecting } from "../sessions/selection.ts";
import { texts } from "../texts/index.ts";
import { WorkItems } from "../work/work-items.tsx";
import { narrowing } from "./later.ts";
import { loadedTags, shownIds } from "./lists.ts";
import { SearchField } from "./search-field.tsx";
import { hasUnread, markRead } from "./unread.ts";

const Filters = lazy(
  narrowing,
  (part) => part.Filters,
  () => <div class="filters" />,
);

const isFiltering = signal(false);

/** What the list shows, and what narrows it. */
export function ListHeader() {
  const { view, tag, component, userId } = filter.value;
  const isNarrowed = component !== null || userId !== null;
  return (
    <header class="list-header">
      <div class="list-title">
        <h1 dir="auto">{tag ?? texts.app.views[view]}</h1>
        <ViewMenu />
        <IconButton
          icon="filter"
          label={texts.inbox.filter}
          aimed={narrowing.aimed}
          expanded={isFiltering.value || isNarrowed}
          onClick={() => {
            isFiltering.value = !(isFiltering.value || isNarrowed);
            if (isNarrowed) refine({ component: null, userId: null });
          }}
        />
        <Menu label={texts.inbox.more}>
          <MenuItem icon="check" onChoose={readAll}>
            {texts.inbox.markAllRead}
          </MenuItem>
          <MenuItem
            icon="check"
            onChoose={() => {
              isSelecting.value = true;
            }}
          >
            {texts.sessions.selectSome}
          </MenuItem>
          <WorkItems />
        </Menu>
      </div>
      <SearchField />
      {(isFiltering.value || isNarrowed) && <Filters />}
    </header>
  );
}

/** Where the navigation has no room for views and tags. */
const ViewMenu = () => (
  <div class="view-menu">
    <Menu label={texts.inbox.views} icon="down">
      {VIEWS.map((view) => (
        <MenuItem
          key={view}
          checked={filter.value.view === view && filter.value.tag === null}
          onChoose={() => refine({ view, tag: null })}
        >
          {texts.app.views[view]}
        </MenuItem>
      ))}
      {loadedTags.value.map((tag) => (
        <MenuItem key={`tag ${tag}`} checked={filter.value.tag === tag} onChoose={() => refine({ view: "all", tag })}>
          {tag}
        </MenuItem>
      ))}
    </Menu>
  </div>
);

function readAll(): void {
  const unread = shownIds.peek().filter(hasUnread);
  markRead(unread);
  tell({ text: texts.inbox.allRead(unread.length) });
}
