import { useComputed } from "@preact/signals";
import { hrefOf, openSessionId, sessionScreen } from "../app/place.ts";
import { Icon } from "../parts/icon.tsx";
import { Time } from "../parts/time.tsx";
import { known } from "../sessions/known.ts";
import { texts } from "../texts/index.ts";
import { plainWords } from "./plain-words.ts";
import { tabStop } from "./row-focus.ts";
import { hasUnread } from "./unread.ts";

/** A conversation in the list. It reads what it shows by itself: a change of another one does not render it. */
export function Row({ sessionId }: { sessionId: string }) {
  const session = known(sessionId).value;
  const isOpen = useComputed(() => openSessionId.value === sessionId).value;
  const isStop = useComputed(() => tabStop.value === sessionId).value;
  const isUnread = useComputed(() => hasUnread(sessionId)).value;
  if (session === null) return null;
  const { session_name: name, last_message: last, open_requirements: open, tags, pinned } = session;
  return (
    <a
      class={`row ${isUnread ? "unread" : ""}`}
      href={hrefOf(sessionScreen(sessionId))}
      aria-current={isOpen ? "true" : undefined}
      tabIndex={isStop ? 0 : -1}
      data-session={sessionId}
    >
      {isUnread && <span class="for-readers">{texts.inbox.unread}</span>}
      <span class={`row-name ${session.name_source == null ? "unnamed" : ""}`} dir="auto">
        {name || texts.inbox.unnamed}
      </span>
      <span class="row-side">
        {pinned && <Icon name="pin" />}
        {pinned && <span class="for-readers">{texts.inbox.pinned}</span>}
        <Time at={session.updated_at} />
      </span>
      <span class="row-last" dir="auto">
        {last?.role === "user" && <span class="row-who">{texts.inbox.isYou} </span>}
        {last?.role === "assistant" ? plainWords(last.text) : last?.text}
      </span>
      <span class="row-side">{session.agent_id ?? session.team_id ?? session.workflow_id}</span>
      {(open > 0 || tags.length > 0) && (
        <span class="row-marks">
          {open > 0 && <span class="chip waits">{texts.inbox.waits(open)}</span>}
          {tags.map((tag) => (
            <span key={tag} class="chip tag" dir="auto">
              {tag}
            </span>
          ))}
        </span>
      )}
    </a>
  );
}
