import { useSignal } from "@preact/signals";
import type { Session } from "../../packages/client/src/index.ts";
import { tell } from "../app/notices.ts";
import { hrefOf, openSessionId, place, sessionScreen } from "../app/place.ts";
import { Button } from "../parts/button.tsx";
import { Empty } from "../parts/empty.tsx";
import { Failure } from "../parts/failure.tsx";
import { Time } from "../parts/time.tsx";
import { refused } from "../server/api.ts";
import { toldOf } from "../server/failure.ts";
import { known } from "../sessions/known.ts";
import { texts } from "../texts/index.ts";
import { onRowKey } from "./row-focus.ts";
import { firstFound, isSearching, moreFound, searchAgain, searchFailed } from "./search.ts";
import { pieces } from "./search-rules.ts";
import { found, type MessageHit } from "./searching.ts";
import { Skeleton } from "./skeleton.tsx";

/** What a search has found: conversations by their names, and messages by what they say. */
export function FoundList() {
  const there = found.value;
  if (searchFailed.value !== null) {
    return <Failure what={texts.search.failed} told={searchFailed.value} onRetry={searchAgain} />;
  }
  if (there === null) return <Skeleton />;
  const { names, messages } = there;
  if (names.data.length + messages.data.length === 0) {
    return <Empty icon="search" {...texts.search.nothing(there.words)} />;
  }
  return (
    <div class="found" data-first={firstFound.value?.kind} aria-busy={isSearching.value}>
      {names.data.length > 0 && (
        <section aria-labelledby="found-names">
          <h2 id="found-names">{texts.search.names}</h2>
          <ul onKeyDown={onRowKey}>
            {names.data.map((row) => (
              <li key={row.session_id}>
                <NameRow row={row} />
              </li>
            ))}
          </ul>
          <More kind="names" cursor={names.meta.next_cursor} />
        </section>
      )}
      {messages.data.length > 0 && (
        <section aria-labelledby="found-messages">
          <h2 id="found-messages">{texts.search.messages}</h2>
          <ul onKeyDown={onRowKey}>
            {messages.data.map((hit) => (
              <li key={hit.message_id}>
                <MessageRow hit={hit} />
              </li>
            ))}
          </ul>
          <More kind="messages" cursor={messages.meta.next_cursor} />
        </section>
      )}
    </div>
  );
}

function NameRow({ row }: { row: Session }) {
  const { session_id: id, session_name: name, highlights } = row;
  // Renamed since it was found: the places are those of the other name.
  const now = known(id).value ?? row;
  const isArchived = now.archived;
  return (
    <a
      class="row"
      href={hrefOf(sessionScreen(id))}
      aria-current={openSessionId.value === id ? "true" : undefined}
      data-session={id}
    >
      <span class="row-name" dir="auto">
        {now.session_name === name ? <Marked text={name} places={highlights} /> : now.session_name}
      </span>
      <span class="row-side">
        <Time at={now.updated_at} />
      </span>
      {isArchived && (
        <span class="row-marks">
          <span class="chip">{texts.inbox.archived}</span>
        </span>
      )}
    </a>
  );
}

function MessageRow({ hit }: { hit: MessageHit }) {
  const { session_id: sessionId, run_id: runId } = hit;
  const { value: current } = place;
  const isOpen = current.screen === "session" && current.runId === runId && current.sessionId === sessionId;
  return (
    <a
      class="row hit"
      href={hrefOf(sessionScreen(sessionId, runId))}
      aria-current={isOpen ? "true" : undefined}
      data-session={sessionId}
    >
      <span class="row-name" dir="auto">
        {known(sessionId).value?.session_name ?? hit.session_name}
      </span>
      <span class="row-side">
        <Time at={hit.created_at} />
      </span>
      <span class="row-snippet" dir="auto">
        {hit.role === "user" && <span class="row-who">{texts.search.you} </span>}
        <Marked text={hit.snippet} places={hit.highlights} />
      </span>
    </a>
  );
}

const Marked = ({ text, places }: { text: string; places: number[][] | undefined }) => (
  <>{pieces(text, places).map((piece, at) => (piece.isFound ? <mark key={at}>{piece.text}</mark> : piece.text))}</>
);

function More({ kind, cursor }: { kind: "names" | "messages"; cursor: string | null | undefined }) {
  const isAsking = useSignal(false);
  if (!cursor) return null;
  const ask = async () => {
    isAsking.value = true;
    try {
      await moreFound(kind);
    } catch (error) {
      if (!refused(error)) tell({ tone: "wrong", ...toldOf(error) });
    } finally {
      isAsking.value = false;
    }
  };
  return (
    <Button tone="quiet" class="more" disabled={isAsking.value} onClick={() => void ask()}>
      {texts.search.more}
    </Button>
  );
}
