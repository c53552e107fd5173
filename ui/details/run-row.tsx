import { useState } from "preact/hooks";
import type { Run } from "../../packages/client/src/index.ts";
import { hrefOf } from "../app/place.ts";
import { countText } from "../parts/amounts.ts";
import { CopyId } from "../parts/copy-id.tsx";
import { durationText } from "../parts/duration.ts";
import { Time } from "../parts/time.tsx";
import { texts } from "../texts/index.ts";
import { FactList } from "./facts.tsx";
import type { OpenSession } from "./open-session.ts";
import { RunEvents } from "./run-events.tsx";
import { modelsOf, type RunNode } from "./run-tree.ts";

/** A longer text is for the conversation to show. */
const SHOWN_CHARS = 2_000;

/** One run: how it stands, what answered, how much that took; opened, all that is known of it. */
export function RunRow({ of, node: { run, members } }: { of: OpenSession; node: RunNode }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <details class="run-details" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
        <summary>
          <span class={`status ${run.status}`}>{texts.details.statuses[run.status]}</span>
          <Time at={run.created_at} />
          <span class="run-asked" dir="auto">
            {run.run_input || run.run_id}
          </span>
          <span class="hint">{shortNumbers(run)}</span>
        </summary>
        {isOpen && <Opened of={of} run={run} />}
      </details>
      {members.length > 0 && (
        <ul class="runs members" aria-label={texts.details.members}>
          {members.map((member) => (
            <li key={member.run.run_id}>
              <RunRow of={of} node={member} />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function shortNumbers(run: Run): string {
  const { total_tokens: tokens, time_to_first_token: first, duration } = run.metrics ?? {};
  return [
    run.parent_run_id !== "" ? (run.agent_id ?? run.team_id) : null,
    modelsOf(run),
    tokens ? texts.details.tokens(countText(tokens)) : null,
    first !== undefined ? texts.details.firstToken(durationText(first)) : null,
    duration !== undefined ? durationText(duration) : null,
  ]
    .filter((one) => one)
    .join(" · ");
}

function Opened({ of, run }: { of: OpenSession; run: Run }) {
  const facts = texts.details.facts;
  const { metrics, regenerated_from: replaced, forked_from_run_id: origin, history_dropped: dropped } = run;
  const { timings } = metrics ?? {};
  const tokens = [
    ["input", metrics?.input_tokens],
    ["output", metrics?.output_tokens],
    ["reasoning", metrics?.reasoning_tokens],
    ["cached", metrics?.cache_read_tokens],
  ] as const;
  const isShown = run.parent_run_id === "" && run.status !== "REGENERATED";
  return (
    <div class="run-opened">
      {run.content !== "" && (
        <p class="run-content" dir="auto">
          {run.content.slice(0, SHOWN_CHARS)}
          {run.content.length > SHOWN_CHARS && "…"}
        </p>
      )}
      <FactList
        facts={[
          [facts.id, <CopyId key="id" id={run.run_id} />],
          [facts.component, run.team_id ?? run.agent_id],
          [facts.owner, run.user_id || null],
          [facts.model, modelsOf(run)],
          [facts.tokens, sumOf(tokens, countText)],
          [facts.cost, metrics?.cost],
          [facts.timings, sumOf(Object.entries(timings ?? {}), (seconds) => durationText(seconds))],
          [facts.tools, run.tools?.map(({ tool_name: name }) => name).join(", ") || null],
          [facts.regenerated, replaced],
          [facts.origin, origin],
          [facts.dropped, dropped && texts.details.dropped(dropped.runs, dropped.reason)],
        ]}
      />
      {isShown && (
        <a
          class="link"
          href={hrefOf({ screen: "session", sessionId: of.sessionId, hasDetails: false, runId: run.run_id })}
        >
          {texts.details.show}
        </a>
      )}
      <RunEvents of={of} run={run} />
    </div>
  );
}

/** `in 24 · out 7`: what there is of it. */
function sumOf(
  amounts: readonly (readonly [name: string, amount: number | undefined])[],
  text: (amount: number) => string,
): string | null {
  const parts = amounts.flatMap(([name, amount]) =>
    amount ? [`${texts.details.amounts[name] ?? name} ${text(amount)}`] : [],
  );
  return parts.length === 0 ? null : parts.join(" · ");
}
