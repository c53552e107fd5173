import { useEffect } from "preact/hooks";
import { isStaff } from "../access/access.ts";
import { hrefOf, sessionScreen } from "../app/place.ts";
import { Button } from "../parts/button.tsx";
import { Empty } from "../parts/empty.tsx";
import { Failure } from "../parts/failure.tsx";
import { Icon } from "../parts/icon.tsx";
import { seenText } from "../parts/seen-text.ts";
import { Time } from "../parts/time.tsx";
import { everyPoll } from "../server/poll.ts";
import { known } from "../sessions/known.ts";
import { texts } from "../texts/index.ts";
import { AskGroup } from "./ask-group.tsx";
import { isOpen } from "./cards.ts";
import { groupBySession, type RunGroup, type SessionGroup } from "./groups.ts";
import { openCount } from "./open-count.ts";
import { beginList, cursor, failed, fresh, isLoadingMore, loadMore, loadOpen, rows, showOpen } from "./open-list.ts";
import { RunFate } from "./run-fate.tsx";
import { learnSession } from "./session-of.ts";

/** What is open in all sessions, to be answered without opening them. */
export function ApprovalsScreen() {
  useEffect(() => {
    beginList();
    void showOpen();
    return everyPoll(() => loadOpen());
  }, []);
  const all = rows.value;
  const { count = 0, isCapped = false } = openCount.value ?? {};
  return (
    <>
      <header class="screen-header">
        <h1>{texts.approvals.title}</h1>
        {count > 0 && <span class="count">{texts.approvals.open(`${count}${isCapped ? "+" : ""}`)}</span>}
      </header>
      {failed.value && <Failure what={texts.approvals.load} told={failed.value} onRetry={() => void showOpen()} />}
      {all === null && failed.value === null && <div class="asks-loading" aria-busy="true" />}
      {all?.length === 0 && (
        <Empty icon="approvals" title={texts.approvals.empty} hint={texts.approvals.emptyHint}>
          <a class="button" href={hrefOf({ screen: "inbox" })}>
            {texts.app.inbox}
          </a>
        </Empty>
      )}
      <div class="approvals">
        {fresh.value.length > 0 && (
          <Button tone="primary" onClick={beginList}>
            {texts.approvals.fresh(fresh.value.length)}
          </Button>
        )}
        {groupBySession(all ?? []).map((group) => (
          <SessionAsks key={group.sessionId} group={group} />
        ))}
        {cursor.value !== null && (
          <Button isBusy={isLoadingMore.value} onClick={() => void loadMore()}>
            {texts.approvals.more}
          </Button>
        )}
      </div>
    </>
  );
}

function SessionAsks({ group: { sessionId, runs } }: { group: SessionGroup }) {
  const session = known(sessionId).value;
  const userId = runs[0]?.run.userId ?? null;
  useEffect(() => learnSession(sessionId, userId), [sessionId]);
  return (
    <section class="session-asks" aria-labelledby={`asks-${sessionId}`}>
      <header>
        <h2 id={`asks-${sessionId}`} dir="auto">
          {session?.session_name ?? sessionId}
        </h2>
        {isStaff.value && userId !== null && (
          <span class="chip" dir="auto">
            <Icon name="user" />
            {seenText(userId)}
          </span>
        )}
        {session !== null && <Time at={session.updated_at} />}
        <a href={hrefOf(sessionScreen(sessionId))}>{texts.approvals.openConversation}</a>
      </header>
      {runs.map((group) => (
        <RunAsks key={group.run.runId} group={group} />
      ))}
    </section>
  );
}

function RunAsks({ group: { run, asked } }: { group: RunGroup }) {
  const isSettled = asked.every(({ id }) => !isOpen(id));
  return (
    <>
      <AskGroup run={run} asked={asked} />
      {isSettled && <RunFate run={run} />}
    </>
  );
}
