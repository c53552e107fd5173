import { useEffect, useState } from "preact/hooks";
import { hrefOf, sessionScreen } from "../app/place.ts";
import { Button } from "../parts/button.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Failure } from "../parts/failure.tsx";
import { refused } from "../server/api.ts";
import { type Told, toldOf } from "../server/failure.ts";
import { texts } from "../texts/index.ts";
import { looked, type Problem, type Work } from "./all-work.ts";

/** What failed of some work, and why. */
export function Problems({ of: { title, problems: page } }: { of: Work }) {
  const [rows, setRows] = useState<readonly Problem[]>([]);
  const [next, setNext] = useState<string | null>(null);
  const [isAsking, setAsking] = useState(false);
  const [told, setTold] = useState<Told | null>(null);
  const ask = async (cursor: string | null) => {
    setAsking(true);
    setTold(null);
    try {
      const answer = await page?.(cursor);
      setRows((before) => [...before, ...(answer?.problems ?? [])]);
      setNext(answer?.next ?? null);
    } catch (error) {
      if (!refused(error)) setTold(toldOf(error));
    } finally {
      setAsking(false);
    }
  };
  useEffect(() => void ask(null), []);
  const close = () => {
    looked.value = null;
  };
  return (
    <Dialog title={texts.work.problems(title)} onClose={close}>
      <ul class="problems" aria-busy={isAsking}>
        {rows.map(({ what, sessionId, why }, nth) => (
          <li key={nth}>
            {sessionId === null ? (
              <span dir="auto">{what}</span>
            ) : (
              <a href={hrefOf(sessionScreen(sessionId))} dir="auto" onClick={close}>
                {what}
              </a>
            )}
            <span class="hint" dir="auto">
              {why}
            </span>
          </li>
        ))}
      </ul>
      {told && <Failure what={texts.work.problemsFailed} told={told} onRetry={() => void ask(next)} />}
      {next !== null && told === null && (
        <Button disabled={isAsking} onClick={() => void ask(next)}>
          {texts.work.more}
        </Button>
      )}
    </Dialog>
  );
}
