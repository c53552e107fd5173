import { computed, effect } from "@preact/signals";
import { server } from "../access/access.ts";
import { filter, openSessionId, place } from "../app/place.ts";
import { openCount } from "../approvals/open-count.ts";
import { known } from "../sessions/known.ts";
import { texts } from "../texts/index.ts";

/** What is shown, for the browser's tab: with what waits, the session that is open or the list, and the server. */
export const title = computed(() => {
  const open = openCount.value;
  const waits = open === null || open.count === 0 ? "" : `(${open.count}${open.isCapped ? "+" : ""}) `;
  return `${waits}${shown()} · ${server.value?.name ?? texts.app.name}`;
});

function shown(): string {
  const { screen } = place.value;
  if (screen === "approvals") return texts.app.approvals;
  if (screen === "new") return texts.begin.title;
  if (screen === "connect") return texts.connect.title;
  const { view, tag } = filter.value;
  const name = openSessionId.value === null ? null : known(openSessionId.value).value?.session_name;
  return name || tag || (view === "all" ? texts.app.inbox : texts.app.views[view]);
}

export const keepTitle = (): void =>
  void effect(() => {
    document.title = title.value;
  });
