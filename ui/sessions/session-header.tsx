import { useEffect, useRef } from "preact/hooks";
import { may } from "../access/access.ts";
import { go, hrefOf, place } from "../app/place.ts";
import { IconButton } from "../parts/button.tsx";
import { Icon } from "../parts/icon.tsx";
import { lazy } from "../parts/lazy.tsx";
import { seenText } from "../parts/seen-text.ts";
import { texts } from "../texts/index.ts";
import { renaming } from "./asking.ts";
import { known } from "./known.ts";
import { beginRename, seldom } from "./later.ts";
import { nameSourceOf } from "./name-source.ts";
import { busy, isOthers, setArchived, setPinned } from "./session-acts.ts";
import { Tags } from "./tags.tsx";

const said = texts.sessions;

const NameField = lazy(seldom, (part) => part.NameField);
/** Its button is there before it is. */
const SessionMenu = lazy(
  seldom,
  (part) => part.SessionMenu,
  () => <IconButton icon="more" label={said.more} popup="menu" disabled />,
);

/** What a conversation is called, whose it is, and what can be done with it. */
export function SessionHeader({
  sessionId,
  aimed,
}: {
  sessionId: string /** Of the button that opens the details. */;
  aimed: object;
}) {
  const session = known(sessionId).value;
  const mayChange = may("sessions:write");
  const component = session?.team_id ?? session?.agent_id;
  return (
    <header class="session-header">
      <a class="icon-button back" href={hrefOf({ screen: "inbox" })} aria-label={texts.app.back} title={texts.app.back}>
        <Icon name="back" />
      </a>
      <div class="session-title">
        <Name sessionId={sessionId} />
        <div class="session-marks">
          {component && (
            <span class="chip">
              <Icon name={session?.team_id ? "team" : "agent"} />
              {component}
            </span>
          )}
          {session && isOthers(session) && (
            <span class="chip" dir="auto" title={said.of(session.user_id ?? "")}>
              <Icon name="user" />
              {seenText(session.user_id ?? "")}
            </span>
          )}
          {session && <Tags session={session} />}
        </div>
      </div>
      {session && mayChange && (
        <>
          <IconButton
            icon="pin"
            class="everyday"
            label={session.pinned ? said.unpin : said.pin}
            pressed={session.pinned}
            onClick={() => void setPinned(sessionId, !session.pinned)}
          />
          <IconButton
            icon="archive"
            class="everyday"
            label={session.archived ? said.unarchive : said.archive}
            pressed={session.archived}
            onClick={() => void setArchived(sessionId, !session.archived)}
          />
        </>
      )}
      <DetailsButton sessionId={sessionId} aimed={aimed} />
      {session && <SessionMenu session={session} />}
    </header>
  );
}

function Name({ sessionId }: { sessionId: string }) {
  const session = known(sessionId).value;
  const { sessionId: edited, at } = renaming.value ?? {};
  const isEdited = session !== null && edited === sessionId && at === "header";
  const mayChange = may("sessions:write");
  const button = useRef<HTMLButtonElement>(null);
  const wasEdited = useRef(false);
  useEffect(() => {
    if (!isEdited && wasEdited.current && document.activeElement === document.body) button.current?.focus();
    wasEdited.current = isEdited;
  }, [isEdited]);
  if (isEdited) {
    return (
      <h1 class="session-name">
        <NameField name={session.session_name} />
      </h1>
    );
  }
  const source = session && nameSourceOf(session);
  const isNaming = busy.value.has(`name ${sessionId}`);
  const edit = () => beginRename(sessionId, "header");
  return (
    <div class="session-name">
      <h1
        dir="auto"
        class={source === null && session !== null ? "unnamed" : undefined}
        aria-busy={isNaming || session === null}
        title={session?.session_name}
        onDblClick={mayChange ? edit : undefined}
      >
        {session === null && <span class="for-readers">{texts.conversation.log}</span>}
        {session?.session_name || (session ? texts.inbox.unnamed : "\u00a0")}
      </h1>
      {isNaming && <span class="hint">{said.generating}</span>}
      {source === "generated" && !isNaming && (
        <span class="generated" role="img" aria-label={said.generated} title={said.generated}>
          <Icon name="name" />
        </span>
      )}
      {session && mayChange && (
        <IconButton buttonRef={button} class="edit-name" icon="edit" label={said.rename} onClick={edit} />
      )}
    </div>
  );
}

function DetailsButton({ sessionId, aimed }: { sessionId: string; aimed: object }) {
  const { value } = place;
  const isOpen = value.screen === "session" && value.hasDetails;
  const toggle = () => go({ screen: "session", sessionId, hasDetails: !isOpen, runId: null });
  return <IconButton icon="panel" label={said.details} pressed={isOpen} aimed={aimed} onClick={toggle} />;
}
