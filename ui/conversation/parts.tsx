import { texts } from "../texts/index.ts";
import { CallLine } from "./call-line.tsx";
import type { Part, RunView } from "./run-view.ts";
import { TextPart } from "./text-part.tsx";
import { Thought } from "./thought.tsx";

/** What a run has said, thought and done, in that order. */
export function Parts({ run }: { run: RunView }) {
  return (
    <div class="parts">
      {run.parts.map((part) => (
        <PartView key={part.id} part={part} />
      ))}
      {isThinking(run) && (
        <p class="at-work">
          <span class="for-readers">{texts.calls.atWork}</span>
        </p>
      )}
    </div>
  );
}

function PartView({ part }: { part: Part }) {
  if (part.kind === "text") return <TextPart part={part} />;
  return part.kind === "thought" ? <Thought part={part} /> : <CallLine call={part.call} />;
}

/** Whether it goes on without showing it by itself: a model has been asked, and has said nothing yet. */
function isThinking({ status, parts }: RunView): boolean {
  if (status !== "RUNNING") return false;
  const last = parts.at(-1);
  if (last === undefined) return true;
  return last.kind === "call" ? last.call.state !== "running" : !last.isOpen;
}
