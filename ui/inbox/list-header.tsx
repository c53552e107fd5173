import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { isStaff } from "../access/access.ts";
import { tell } from "../app/notices.ts";
import { filter, refine } from "../app/place.ts";
import { VIEWS } from "../app/route.ts";
import { IconButton } from "../parts/button.tsx";
import { Menu, MenuItem } from "../parts/menu.tsx";
import { refused } from "../server/api.ts";
import { components, loadComponents } from "../server/components.ts";
import { toldOf } from "../server/failure.ts";
import { isSelecting } from "../sessions/selection.ts";
import { texts } from "../texts/index.ts";
import { WorkItems } from "../work/work-items.tsx";
import { loadedTags, shownIds } from "./lists.ts";
import { SearchField } from "./search-field.tsx";
import { hasUnread, markRead } from "./unread.ts";

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

function loadChoices(): void {
  loadComponents().catch((error: unknown) => {
    if (!refused(error)) tell({ tone: "wrong", ...toldOf(error), act: { label: texts.app.retry, run: loadChoices } });
  });
}

function Filters() {
  const { component, userId } = filter.value;
  useEffect(loadChoices, []);
  const there = components.value ?? [];
  const isThere = component === null || there.some(({ kind, id }) => `${kind}s/${id}` === component);
  return (
    <div class="filters">
      <select
        aria-label={texts.inbox.component}
        value={component ?? ""}
        aria-busy={components.value === null}
        onChange={({ currentTarget }) => refine({ component: currentTarget.value || null })}
      >
        <option value="">{texts.inbox.anyComponent}</option>
        {!isThere && <option value={component}>{component}</option>}
        {there.map(({ kind, id, name }) => (
          <option key={`${kind}s/${id}`} value={`${kind}s/${id}`}>
            {name}
          </option>
        ))}
      </select>
      {isStaff.value && (
        <input
          type="search"
          aria-label={texts.inbox.user}
          placeholder={texts.inbox.anyUser}
          dir="auto"
          autoComplete="off"
          spellcheck={false}
          value={userId ?? ""}
          onChange={({ currentTarget }) => refine({ userId: currentTarget.value.trim() || null })}
        />
      )}
    </div>
  );
}
