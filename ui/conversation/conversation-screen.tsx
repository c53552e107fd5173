import { effect } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { announce } from "../app/announce.ts";
import { tell } from "../app/notices.ts";
import { hrefOf, place } from "../app/place.ts";
import { detailsAimed } from "../details/details.tsx";
import { Empty } from "../parts/empty.tsx";
import { Failure } from "../parts/failure.tsx";
import { isReached } from "../server/api.ts";
import { everyPoll } from "../server/poll.ts";
import { SessionHeader } from "../sessions/session-header.tsx";
import { texts } from "../texts/index.ts";
import { Composer } from "./composer.tsx";
import { Conversation } from "./conversation.ts";
import { Log } from "./log.tsx";
import { Saying } from "./saying.ts";

/** One conversation: its header, what was said, and where one says more. */
export function ConversationScreen({ sessionId }: { sessionId: string }) {
  const { conversation, saying } = useMemo(() => {
    const opened = new Conversation(sessionId);
    return { conversation: opened, saying: new Saying(opened) };
  }, [sessionId]);
  useEffect(() => {
    void conversation.load().then(() => saying.opened());
    const ends = [everyPoll(() => conversation.look()), comeTo(conversation), sayReconnected()];
    return () => {
      for (const end of ends) end();
      conversation.close();
    };
  }, [conversation]);
  return (
    <div class="conversation">
      <SessionHeader sessionId={sessionId} aimed={detailsAimed} />
      <Body conversation={conversation} saying={saying} />
    </div>
  );
}

function Body({ conversation, saying }: { conversation: Conversation; saying: Saying }) {
  const loading = conversation.loading.value;
  if (loading.state === "loading") {
    return (
      <div class="log-loading" role="status" aria-busy="true" aria-label={texts.conversation.loading}>
        <i />
        <i />
        <i />
      </div>
    );
  }
  if (loading.state === "failed") {
    return (
      <Failure what={texts.conversation.loadFailed} told={loading.told} onRetry={() => void conversation.load()} />
    );
  }
  if (loading.state === "missing") {
    return (
      <Empty icon="inbox" title={texts.conversation.missing} hint={texts.conversation.missingHint}>
        <a class="button" href={hrefOf({ screen: "inbox" })}>
          {texts.conversation.toInbox}
        </a>
      </Empty>
    );
  }
  return (
    <>
      <Log conversation={conversation} saying={saying} />
      <Composer conversation={conversation} saying={saying} />
    </>
  );
}

/** Goes to the run that the address names, now and whenever it names another. */
function comeTo(conversation: Conversation): () => void {
  return effect(() => {
    const { value } = place;
    if (value.screen !== "session" || value.sessionId !== conversation.sessionId || value.runId === null) return;
    const { runId } = value;
    if (conversation.loading.value.state !== "there") return;
    void conversation.reach(runId).then((found) => {
      if (found === null && !conversation.signal.aborted) tell({ text: texts.conversation.notFound });
    });
  });
}

/** Says politely that the server is there again. */
function sayReconnected(): () => void {
  let wasReached = isReached.peek();
  return isReached.subscribe((is) => {
    if (is && !wasReached) announce(texts.failures.reconnected);
    wasReached = is;
  });
}
