import { useEffect } from "preact/hooks";
import type { OpenRequirement } from "../../packages/client/src/index.ts";
import type { RunView } from "../conversation/run-view.ts";
import { known } from "../sessions/known.ts";
import { AskGroup } from "./ask-group.tsx";
import { askedOf } from "./asked.ts";
import { cardOf } from "./cards.ts";
import { lookUp } from "./fate.ts";

/** What is or was open of a run, as cards. What is open no more, and nobody here has answered, is looked up. */
export function SeenCalls({ run, seen }: { run: RunView; seen: readonly OpenRequirement[] }) {
  const { runId, sessionId, of, waitsFor } = run;
  const waiting = { runId, sessionId, of, userId: known(sessionId).value?.user_id ?? null };
  const isGone = (id: string) => cardOf(id).fate.value.state === "open" && waitsFor.every((one) => one.id !== id);
  const gone = seen.flatMap(({ id }) => (isGone(id) ? [id] : []));
  useEffect(() => {
    // Nobody can say it now: what is not there is not open any more, and the run's own parts say how it went on.
    if (gone.length > 0) lookUp(waiting, gone).catch(() => {});
  }, [gone.join()]);
  const shown = seen.filter(({ id }) => !gone.includes(id)).map((one) => askedOf(one, of.name));
  return shown.length === 0 ? null : <AskGroup run={waiting} asked={shown} />;
}
