import { effect, signal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { isAtEnd } from "../inbox/unread.ts";
import { Button } from "../parts/button.tsx";
import { Empty } from "../parts/empty.tsx";
import { Failure } from "../parts/failure.tsx";
import { texts } from "../texts/index.ts";
import { Asked } from "./asked.tsx";
import type { Conversation } from "./conversation.ts";
import type { LiveRun } from "./live-run.ts";
import { LogPlace } from "./log-place.ts";
import { RunActs } from "./run-acts.tsx";
import { RunBlock } from "./run-block.tsx";
import type { Saying } from "./saying.ts";

/** How near the beginning one scrolls before older runs are asked for, in pixels. */
const NEAR = 800;

/** What was said. It follows its end while one is there, and otherwise stays where one is. */
export function Log({ conversation, saying }: { conversation: Conversation; saying: Saying }) {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const hasNews = useMemo(() => signal(false), []);
  const logPlace = useRef<LogPlace | null>(null);
  useEffect(() => {
    if (scroller.current === null || content.current === null) return;
    const here = new LogPlace(scroller.current, content.current);
    logPlace.current = here;
    const askOlder = () => {
      if (here.fromBegin < NEAR && conversation.older.peek() === "there") void conversation.loadOlder();
    };
    here.onMove = () => {
      isAtEnd.value = here.isAtEnd;
      if (here.isAtEnd) hasNews.value = false;
      askOlder();
    };
    const ends = [
      effect(() => {
        conversation.runs.value;
        conversation.older.value;
        // What is rendered for it comes behind it.
        requestAnimationFrame(askOlder);
      }),
      effect(() => {
        if (newsOf(conversation) > 0 && !here.isAtEnd) hasNews.value = true;
      }),
      effect(() => {
        if (saying.sending.value !== null) here.goToEnd();
      }),
      effect(() => {
        const runId = conversation.found.value;
        if (runId !== null) requestAnimationFrame(() => here.goTo(runId));
      }),
    ];
    return () => {
      for (const end of ends) end();
      here.leave();
      isAtEnd.value = true;
    };
  }, [conversation, saying]);
  return (
    <div class="log-pane">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is scrolled by keys too */}
      <div ref={scroller} class="log" role="log" aria-live="off" aria-label={texts.conversation.log} tabIndex={0}>
        <div ref={content} class="log-content">
          <Older conversation={conversation} />
          <Runs conversation={conversation} saying={saying} />
          <Sending saying={saying} />
        </div>
      </div>
      {hasNews.value && (
        <Button class="to-end" icon="down" onClick={() => logPlace.current?.goToEnd()}>
          {texts.conversation.newMessages}
        </Button>
      )}
    </div>
  );
}

/** How much has come, of runs and in the last of them. */
const newsOf = ({ runs }: Conversation): number => runs.value.length + (runs.value.at(-1)?.news.value ?? 0);

function Older({ conversation }: { conversation: Conversation }) {
  const older = conversation.older.value;
  if (older === "none") return null;
  if (typeof older === "string") {
    return (
      <p class="log-edge" aria-busy={older === "loading"}>
        {texts.conversation.older}
      </p>
    );
  }
  const retry = () => {
    conversation.older.value = "there";
    void conversation.loadOlder();
  };
  return <Failure what={texts.conversation.olderFailed} told={older} onRetry={retry} />;
}

function Runs({ conversation, saying }: { conversation: Conversation; saying: Saying }) {
  const runs = conversation.runs.value;
  if (runs.length === 0 && saying.sending.value === null) {
    return <Empty icon="inbox" title={texts.conversation.empty} />;
  }
  return (
    <>
      {runs.map((run) => (
        <OneRun key={run.runId} run={run} conversation={conversation} saying={saying} />
      ))}
    </>
  );
}

function OneRun({ run, conversation, saying }: { run: LiveRun; conversation: Conversation; saying: Saying }) {
  const isFound = conversation.found.value === run.runId;
  return (
    <div class={`log-run${isFound ? " reached" : ""}`} data-run-id={run.runId} tabIndex={-1}>
      <RunBlock run={run.view} acts={<RunActs run={run} conversation={conversation} saying={saying} />} />
    </div>
  );
}

/** What was just said, until the server has it. */
function Sending({ saying }: { saying: Saying }) {
  const text = saying.sending.value;
  if (text === null) return null;
  return (
    <div class="log-run sending">
      <Asked text={text} isPending />
      <p class="hint">{texts.conversation.sending}</p>
    </div>
  );
}
