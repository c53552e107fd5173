import { useId, useState } from "preact/hooks";
import { Markdown } from "../markdown/markdown.tsx";
import { durationText } from "../parts/duration.ts";
import { Icon } from "../parts/icon.tsx";
import { memo } from "../parts/memo.ts";
import { texts } from "../texts/index.ts";
import type { Part } from "./run-view.ts";

type Thinking = Extract<Part, { kind: "thought" }>;

/** What a model thought: open while it thinks, folded behind that, unless a person has said otherwise. */
export const Thought = memo(({ part }: { part: Thinking }) => <ThoughtLine part={part} />);

function ThoughtLine({ part }: { part: Thinking }) {
  const [chosen, choose] = useState<boolean | null>(null);
  const bodyId = useId();
  const isShown = chosen ?? part.isOpen;
  return (
    <div class="thought" data-open={part.isOpen}>
      <button
        type="button"
        class="line-head"
        aria-expanded={isShown}
        aria-controls={bodyId}
        onClick={() => choose(!isShown)}
      >
        <Icon name="thought" />
        <span>{titleOf(part)}</span>
        <Icon name={isShown ? "down" : "right"} />
      </button>
      {isShown && (
        <div id={bodyId} class="thought-body">
          <Markdown text={part.text} isOpen={part.isOpen} />
        </div>
      )}
    </div>
  );
}

function titleOf({ isOpen, seconds }: Thinking): string {
  if (isOpen) return texts.calls.thinking;
  return seconds === null ? texts.calls.thought : texts.calls.thoughtFor(durationText(seconds));
}
