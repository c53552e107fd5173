import type { ReadonlySignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { WaitingCalls } from "../approvals/waiting-calls.tsx";
import { CopyButton } from "../parts/copy-button.tsx";
import { Icon } from "../parts/icon.tsx";
import { Time } from "../parts/time.tsx";
import { texts } from "../texts/index.ts";
import { Asked } from "./asked.tsx";
import { Notes } from "./notes.tsx";
import { Parts } from "./parts.tsx";
import { RunEnd } from "./run-end.tsx";
import type { RunView } from "./run-view.ts";

/**
 * A run: what the user said, and what came of it. `acts` are the buttons of what can be done with it. Reads the run's own
 * signal, so that a delta renders this one alone.
 */
export function RunBlock({ run, acts }: { run: ReadonlySignal<RunView>; acts?: ComponentChildren }) {
  const view = run.value;
  const { of, createdAtMs } = view;
  return (
    <article class="run" data-run={view.runId} data-status={view.status} aria-label={texts.calls.runOf(of.name)}>
      <Asked text={view.asked} />
      <div class="answer">
        <header class="answer-head">
          <Icon name={of.kind} />
          <span class="answer-of" dir="auto">
            {of.name}
          </span>
          <Time at={createdAtMs} />
        </header>
        <Parts run={view} />
        <WaitingCalls run={view} />
        <Notes notes={view.notes} />
        <RunEnd run={view} />
        <footer class="run-acts">
          {hasAnswer(view) && <CopyButton label={texts.calls.copyAnswer} text={() => answerText(view)} />}
          {acts}
        </footer>
      </div>
    </article>
  );
}

const hasAnswer = ({ status, parts }: RunView) =>
  status !== "RUNNING" && status !== "PENDING" && parts.some(({ kind }) => kind === "text");

const answerText = ({ parts }: RunView): string =>
  parts.flatMap((part) => (part.kind === "text" ? [part.text] : [])).join("\n\n");
