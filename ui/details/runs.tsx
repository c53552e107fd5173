import { Button } from "../parts/button.tsx";
import { Failure } from "../parts/failure.tsx";
import { texts } from "../texts/index.ts";
import type { OpenSession } from "./open-session.ts";
import { RunRow } from "./run-row.tsx";
import { runTree } from "./run-tree.ts";

/** The runs of a session, newest first: those too that another answer has replaced. */
export function Runs({ of }: { of: OpenSession }) {
  const runs = of.runs.value;
  const failed = of.runsFailed.value;
  const first = runs?.[0]?.run_id;
  return (
    <section aria-busy={of.isAsking.value}>
      <header>
        <h3>{texts.details.runs}</h3>
      </header>
      {failed && <Failure what={texts.details.runsFailed} told={failed} onRetry={() => void of.loadRuns()} />}
      {runs?.length === 0 && <p class="hint">{texts.details.noRuns}</p>}
      <ul class="runs">
        {runTree(runs ?? []).map((node) => (
          <li key={node.run.run_id}>
            <RunRow of={of} node={node} />
          </li>
        ))}
      </ul>
      {of.hasOlder.value && (
        <Button disabled={of.isAsking.value} onClick={() => void of.loadRuns(first)}>
          {texts.details.older}
        </Button>
      )}
    </section>
  );
}
