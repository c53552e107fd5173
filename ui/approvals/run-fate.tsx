import { useEffect, useState } from "preact/hooks";
import { texts } from "../texts/index.ts";
import type { WaitingRun } from "./asked.ts";
import { type Became, watchRun } from "./fate.ts";
import { loadOpen } from "./open-list.ts";

/** What became of a run after all that it waited for was answered. */
export function RunFate({ run }: { run: WaitingRun }) {
  const [became, setBecame] = useState<Became>({ how: "goesOn", said: "" });
  useEffect(() => {
    const leaving = new AbortController();
    const tell = (news: Became) => {
      setBecame(news);
      // What it waits for now is a row of the list.
      if (news.how === "waits") loadOpen().catch(() => {});
    };
    void watchRun(run, tell, leaving.signal);
    return () => leaving.abort();
  }, [run.runId]);
  const { how, said } = became;
  return (
    <p class="run-fate" data-how={how}>
      {texts.approvals.became[how]}
      {(how === "completed" || how === "failed") && said !== "" && <q dir="auto">{said}</q>}
    </p>
  );
}
