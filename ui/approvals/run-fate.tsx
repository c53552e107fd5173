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
  for (;;) {
    const became = await look(run, signal).catch((error: unknown): Became | null => {
      if (signal.aborted) throw error;
      return error instanceof RunFailed ? { how: "failed", said: toldOf(error).text } : null;
    });
    if (became !== null) return became;
    await new Promise((wake) => setTimeout(wake, NEXT_LOOK_MS));
  }
}

/** How it stands. Answered, it is PAUSED until its turn comes, and nothing of it is open: null. */
async function look(run: WaitingRun, signal: AbortSignal): Promise<Became | null> {
  const target = api.attach(targetOf(run), { ...asOwner({ user_id: run.userId }), signal });
  const { status, content: said, requirements } = await target.result({ poll: true });
  if (status !== "PAUSED") return { how: status === "CANCELLED" ? "cancelled" : "completed", said };
  if (requirements.length === 0) return null;
  // What it waits for now is a row of the list.
  await loadOpen();
  return { how: "waits", said: "" };
}

const targetOf = ({ runId, sessionId, of: { kind, id } }: WaitingRun): RunTarget =>
  kind === "team" ? { runId, sessionId, teamId: id } : { runId, sessionId, agentId: id };
