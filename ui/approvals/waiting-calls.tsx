import { useEffect, useRef } from "preact/hooks";
import type { RunView } from "../conversation/run-view.ts";
import { known } from "../sessions/known.ts";
import { AskGroup } from "./ask-group.tsx";
import { type Asked, askedOf } from "./asked.ts";
import { cardOf } from "./cards.ts";
import { lookUp } from "./fate.ts";

/**
 * What a run waits for, in its conversation. To be rendered with each run, whatever its status: what was shown as open stays,
 * with what became of it, when the run goes on because somebody has answered, here or elsewhere.
 */
export function WaitingCalls({ run }: { run: RunView }) {
  const seen = useRef(new Map<string, Asked>());
  for (const one of run.waitsFor) seen.current.set(one.id, askedOf(one, run.of.name));
  if (seen.current.size === 0) return null;
  return <SeenCalls run={run} seen={[...seen.current.values()]} />;
}

function SeenCalls({ run, seen }: { run: RunView; seen: readonly Asked[] }) {
  const { runId, sessionId, of, waitsFor } = run;
  const waiting = { runId, sessionId, of, userId: known(sessionId).value?.user_id ?? null };
  const isGone = (id: string) => cardOf(id).fate.value.state === "open" && waitsFor.every((one) => one.id !== id);
  const gone = seen.flatMap(({ id }) => (isGone(id) ? [id] : []));
  useEffect(() => {
    // Nobody can say it now: what is not there is not open any more, and the run's own parts say how it went on.
    if (gone.length > 0) lookUp(waiting, gone).catch(() => {});
  }, [gone.join()]);
  const shown = seen.filter(({ id }) => !gone.includes(id));
  return shown.length === 0 ? null : <AskGroup run={waiting} asked={shown} />;
}
