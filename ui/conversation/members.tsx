import { memo } from "../parts/memo.ts";
import { texts } from "../texts/index.ts";
import { FoldedText } from "./asked.tsx";
import { Notes } from "./notes.tsx";
import { Parts } from "./parts.tsx";
import { RunEnd } from "./run-end.tsx";
import type { RunView } from "./run-view.ts";

/** What the members of a team did for one call of its leader. */
export function Members({ runs }: { runs: readonly RunView[] }) {
  return (
    <div class="members">
      {runs.map((run) => (
        <MemberRun key={run.runId} run={run} hasName={runs.length > 1} />
      ))}
    </div>
  );
}

/** A member's conversation: the task that it was given, and what it made of it. */
const MemberRun = memo(({ run, hasName }: { run: RunView; hasName: boolean }) => (
  <section class="member" aria-label={run.of.name} data-run={run.runId}>
    {hasName && <h4 dir="auto">{run.of.name}</h4>}
    <div class="task">
      <span class="hint">{texts.calls.task}</span>
      <FoldedText text={run.asked} />
    </div>
    <Parts run={run} />
    <Notes notes={run.notes} />
    <RunEnd run={run} />
  </section>
));
