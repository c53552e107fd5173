import { useSignal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import type { AgentEvent, Run } from "../../packages/client/src/index.ts";
import { Button } from "../parts/button.tsx";
import { CopyButton } from "../parts/copy-button.tsx";
import { Failure } from "../parts/failure.tsx";
import { api, refused } from "../server/api.ts";
import { type Told, toldOf } from "../server/failure.ts";
import { texts } from "../texts/index.ts";
import { type EventRow, withEvents } from "./event-rows.ts";
import type { OpenSession } from "./open-session.ts";

/** The events of a run, as its readers are told them: from the first one on, and further while it goes on. */
export function RunEvents({ of, run }: { of: OpenSession; run: Run }) {
  const [isWanted, setWanted] = useState(false);
  if (isWanted) return <Events of={of} run={run} />;
  return <Button onClick={() => setWanted(true)}>{texts.details.showEvents}</Button>;
}

/** So many rows are shown at first: a browser that lays out all of a long run stands still. */
const SHOWN = 200;

function Events({ of, run }: { of: OpenSession; run: Run }) {
  const rows = useSignal<EventRow[]>([]);
  const told = useSignal<Told | null>(null);
  const isOver = useSignal(false);
  const [tries, setTries] = useState(0);
  const [shown, setShown] = useState(SHOWN);
  useEffect(() => {
    const leaving = new AbortController();
    rows.value = [];
    told.value = null;
    isOver.value = false;
    readEvents(of, run, leaving.signal, (events) => {
      rows.value = withEvents(rows.peek(), events);
    })
      .catch((error: unknown) => {
        if (!leaving.signal.aborted && !refused(error)) told.value = toldOf(error);
      })
      .finally(() => {
        isOver.value = true;
      });
    return () => leaving.abort(new Error("left"));
  }, [tries]);
  const all = rows.value;
  return (
    <div class="events" aria-busy={!isOver.value}>
      <div class="events-head">
        <h4>{texts.details.events(all.reduce((sum, { events }) => sum + events.length, 0))}</h4>
        <CopyButton
          label={texts.details.copyAll}
          text={() => all.flatMap(({ events }) => events.map((one) => JSON.stringify(one))).join("\n")}
        />
      </div>
      {told.value && (
        <Failure what={texts.details.eventsFailed} told={told.value} onRetry={() => setTries(tries + 1)} />
      )}
      <ol>
        {all.slice(0, shown).map((row) => (
          <li key={`${row.events[0]?.run_id} ${row.first}`}>
            <Row {...row} />
          </li>
        ))}
      </ol>
      {all.length > shown && (
        <button type="button" class="link" onClick={() => setShown(shown + SHOWN)}>
          {texts.details.moreEntries(all.length - shown)}
        </button>
      )}
    </div>
  );
}

function Row({ name, first, events }: EventRow) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>
        <span class="hint">{first}</span> <code>{name}</code>
        {events.length > 1 && <span class="hint"> ×{events.length}</span>}
      </summary>
      {isOpen && (
        <pre dir="ltr">
          {events
            .slice(0, SHOWN)
            .map((event) => JSON.stringify(event, null, events.length > 1 ? 0 : 2))
            .join("\n")}
        </pre>
      )}
    </details>
  );
}

/** Hands events over, as many at once as come within one frame. */
async function readEvents(
  { sessionId, options }: OpenSession,
  run: Run,
  signal: AbortSignal,
  take: (events: AgentEvent[]) => void,
): Promise<void> {
  let gathered: AgentEvent[] = [];
  const hand = () => {
    const events = gathered;
    gathered = [];
    if (events.length > 0) take(events);
  };
  const { run_id: runId, agent_id: agentId, team_id: teamId } = run;
  const target = teamId ? { teamId } : { agentId: agentId ?? "" };
  for await (const event of api.attach({ ...target, runId, sessionId }, { ...options, signal })) {
    if (gathered.length === 0) setTimeout(hand, 50);
    gathered.push(event);
  }
  hand();
}
