import { useEffect, useState } from "preact/hooks";
import { RunFailed, type RunTarget } from "../../packages/client/src/index.ts";
import { api } from "../server/api.ts";
import { toldOf } from "../server/failure.ts";
import { asOwner } from "../sessions/owner.ts";
import { texts } from "../texts/index.ts";
import type { WaitingRun } from "./asked.ts";
import { loadOpen } from "./open-list.ts";

/** Its words in the page's texts, and what was said in the end. */
interface Became {
  how: keyof typeof texts.approvals.became;
  said: string;
}

const NEXT_LOOK_MS = 2_000;

/** What became of a run after all that it waited for was answered. */
export function RunFate({ run }: { run: WaitingRun }) {
  const [{ how, said }, setBecame] = useState<Became>({ how: "goesOn", said: "" });
  useEffect(() => {
    const leaving = new AbortController();
    watch(run, leaving.signal).then(setBecame, () => {});
    return () => leaving.abort();
  }, [run.runId]);
  return (
    <p class="run-fate" data-how={how}>
      {texts.approvals.became[how]}
      {said !== "" && <q dir="auto">{said}</q>}
    </p>
  );
}

/** Asks from time to time until the run stands. */
async function watch(run: WaitingRun, signal: AbortSignal): Promise<Became> {
  const options = { ...asOwner({ user_id: run.userId }), signal };
  for (;;) {
    try {
      const { status, content: said, requirements } = await api.attach(targetOf(run), options).result({ poll: true });
      if (status !== "PAUSED") return { how: status === "CANCELLED" ? "cancelled" : "completed", said };
      // What it waits for now is a row of the list. With nothing open it is PAUSED until its turn comes.
      if (requirements.length > 0) return loadOpen().then(() => ({ how: "waits", said: "" }));
    } catch (error) {
      if (error instanceof RunFailed) return { how: "failed", said: toldOf(error).text };
      if (signal.aborted) throw error;
    }
    await new Promise((wake) => setTimeout(wake, NEXT_LOOK_MS));
  }
}

const targetOf = ({ runId, sessionId, of: { kind, id } }: WaitingRun): RunTarget =>
  kind === "team" ? { runId, sessionId, teamId: id } : { runId, sessionId, agentId: id };
