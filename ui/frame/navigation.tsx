import { useEffect } from "preact/hooks";
import { may, mayBegin, me, server } from "../access/access.ts";
import { filter, go, hrefOf, place } from "../app/place.ts";
import { routeHash, VIEWS, type View } from "../app/route.ts";
import { settings } from "../app/settings.ts";
import { approvals } from "../approvals/later.ts";
import { openCount, watchOpenCount } from "../approvals/open-count.ts";
import { loadedTags, unreadCount } from "../inbox/lists.ts";
import { Icon, type IconName } from "../parts/icon.tsx";
import { Menu, MenuItem } from "../parts/menu.tsx";
import { texts } from "../texts/index.ts";
import { isHelpShown } from "./page-keys.tsx";
import { begin } from "./parts.ts";

const ICONS: Record<View, IconName> = {
  all: "inbox",
  waiting: "clock",
  unread: "check",
  pinned: "pin",
  archived: "archive",
};

const SHOWN_TAGS = 12;

/** Where one can go: the views of the inbox, the approvals, and a new conversation. */
export function Navigation() {
  useEffect(watchOpenCount, []);
  return (
    <nav class="navigation" aria-label={texts.app.name}>
      <a class="brand" href={hrefOf({ screen: "inbox" })}>
        <img src="/ui/icon.svg" alt="" width="20" height="20" />
        <span>{server.value?.name ?? texts.app.name}</span>
      </a>
      {mayBegin.value && (
        <a class="button primary" href={hrefOf({ screen: "new" })} {...begin.aimed}>
          <Icon name="plus" />
          <span>{texts.app.newConversation}</span>
        </a>
      )}
      <ul>
        {VIEWS.map((view) => (
          <li key={view}>
            <ViewLink view={view} />
          </li>
        ))}
      </ul>
      {may("approvals:read") && (
        <ul>
          <li>
            <a
              href={hrefOf({ screen: "approvals" })}
              aria-current={current(place.value.screen === "approvals")}
              {...approvals.aimed}
            >
              <Icon name="approvals" />
              <span>{texts.app.approvals}</span>
              <Count of={openCount.value} />
            </a>
          </li>
        </ul>
      )}
      <Tags />
      <div class="account">
        <span title={me.value?.actor}>{me.value?.user_id ?? me.value?.actor}</span>
        <Menu label={texts.app.account} icon="settings">
          {(["auto", "light", "dark"] as const).map((theme) => (
            <MenuItem
              key={theme}
              checked={settings.value.theme === theme}
              onChoose={() => {
                settings.value = { ...settings.peek(), theme };
              }}
            >
              {`${texts.app.theme.label}: ${texts.app.theme[theme]}`}
            </MenuItem>
          ))}
          <MenuItem
            icon="keyboard"
            onChoose={() => {
              isHelpShown.value = true;
            }}
          >
            {texts.app.shortcuts}
          </MenuItem>
          <MenuItem onChoose={() => go({ screen: "connect" })}>{texts.connect.title}</MenuItem>
        </Menu>
      </div>
    </nav>
  );
}

function ViewLink({ view }: { view: View }) {
  const { screen } = place.value;
  const isShown = (screen === "inbox" || screen === "session") && filter.value.view === view && !filter.value.tag;
  const href = routeHash({ screen: "inbox", filter: { ...filter.value, view, tag: null, words: "" } });
  return (
    <a href={href} aria-current={current(isShown)}>
      <Icon name={ICONS[view]} />
      <span>{texts.app.views[view]}</span>
      {view === "unread" && <Unread />}
    </a>
  );
}

/** How many of the loaded conversations have something new; there may be more. */
function Unread() {
  const { value: count } = unreadCount;
  if (count === 0) return null;
  return <span class="count quiet">{count}</span>;
}

/** The tags that the loaded conversations have, as views. One that is shown stays there, whatever has it. */
function Tags() {
  const { tag } = filter.value;
  const most = loadedTags.value.slice(0, SHOWN_TAGS);
  const shown = tag === null || most.includes(tag) ? most : [tag, ...most];
  if (shown.length === 0) return null;
  return (
    <div class="tags">
      <h2 class="navigation-title">{texts.inbox.tags}</h2>
      <ul>
        {shown.map((one) => (
          <li key={one}>
            <a
              href={routeHash({ screen: "inbox", filter: { ...filter.value, view: "all", tag: one, words: "" } })}
              aria-current={current(tag === one)}
            >
              <Icon name="tag" />
              <span dir="auto">{one}</span>
            </a>
          </li>
        ))}
      </ul>
    </div>
  );
}

const current = (isShown: boolean) => (isShown ? "page" : undefined);

/** A number of things that wait; none where nothing does. */
const Count = ({ of }: { of: { count: number; isCapped: boolean } | null }) =>
  of === null || of.count === 0 ? null : <span class="count">{`${of.count}${of.isCapped ? "+" : ""}`}</span>;
