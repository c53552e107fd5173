import { computed, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { filter, hrefOf, openSessionId, sessionScreen } from "../app/place.ts";
import { Empty } from "../parts/empty.tsx";
import { Failure } from "../parts/failure.tsx";
import { Icon } from "../parts/icon.tsx";
import { Time } from "../parts/time.tsx";
import { api, refused } from "../server/api.ts";
import { type Told, toldOf } from "../server/failure.ts";
import { known, learn } from "../sessions/known.ts";
import { texts } from "../texts/index.ts";

const PAGE = 50;
const ids = signal<readonly string[] | null>(null);
const failed = signal<Told | null>(null);

async function load(): Promise<void> {
  failed.value = null;
  try {
    const rows = await api.sessions.list({ limit: PAGE, sort_by: "updated_at" }).first(PAGE);
    for (const row of rows) learn(row);
    ids.value = rows.map(({ session_id: id }) => id);
  } catch (error) {
    if (!refused(error)) failed.value = toldOf(error);
  }
}

/** The conversations, newest first. */
export function InboxList() {
  useEffect(() => {
    void load();
  }, []);
  return (
    <>
      <header class="list-header">
        <h1>{texts.app.views[filter.value.view]}</h1>
      </header>
      {failed.value && <Failure what={texts.inbox.list} told={failed.value} onRetry={load} />}
      {ids.value?.length === 0 && <Empty icon="inbox" title={texts.inbox.empty} hint={texts.inbox.emptyHint} />}
      <ul class="rows">
        {ids.value?.map((id) => (
          <li key={id}>
            <Row sessionId={id} />
          </li>
        ))}
      </ul>
    </>
  );
}

function Row({ sessionId }: { sessionId: string }) {
  const session = known(sessionId).value;
  if (session === null) return null;
  const isOpen = computed(() => openSessionId.value === sessionId);
  const { session_name: name, last_message: last, open_requirements: open, tags, pinned } = session;
  const component = session.agent_id ?? session.team_id;
  return (
    <a class="row" href={hrefOf(sessionScreen(sessionId))} aria-current={isOpen.value ? "true" : undefined}>
      <span class="row-name" dir="auto">
        {name}
      </span>
      <Time at={session.updated_at} />
      <span class="row-last" dir="auto">
        {last?.text}
      </span>
      <span class="row-marks">
        {open > 0 && <span class="chip waits">{texts.inbox.waits(open)}</span>}
        {component && <span class="chip">{component}</span>}
        {tags.map((tag) => (
          <span key={tag} class="chip tag" dir="auto">
            {tag}
          </span>
        ))}
        {pinned && <Icon name="pin" />}
      </span>
    </a>
  );
}
