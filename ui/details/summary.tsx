import { useState } from "preact/hooks";
import { Button } from "../parts/button.tsx";
import { Failure } from "../parts/failure.tsx";
import type { Told } from "../server/failure.ts";
import { texts } from "../texts/index.ts";
import type { OpenSession } from "./open-session.ts";

/** What a person or a model wrote down of the conversation; who may write has a model bring it up to date. */
export function Summary({ of, mayMake }: { of: OpenSession; mayMake: boolean }) {
  const [isAsking, setAsking] = useState(false);
  const [told, setTold] = useState<Told | null>(null);
  const detail = of.detail.value;
  const summary = detail?.session_summary;
  const make = async () => {
    setAsking(true);
    setTold(await of.summarize());
    setAsking(false);
  };
  return (
    <section>
      <header>
        <h3>{texts.details.summary}</h3>
        {mayMake && (detail?.run_count ?? 0) > 0 && (
          <Button tone="quiet" icon="name" disabled={isAsking} onClick={() => void make()}>
            {isAsking ? texts.details.summarizing : texts.details.summarize}
          </Button>
        )}
      </header>
      {told && <Failure what={texts.details.notSummarized} told={told} />}
      {summary ? (
        <>
          <p class="summary" dir="auto">
            {summary.summary}
          </p>
          <p class="topics">
            {summary.topics?.map((topic) => (
              <span key={topic} class="chip" dir="auto">
                {topic}
              </span>
            ))}
          </p>
        </>
      ) : (
        <p class="hint">{texts.details.noSummary}</p>
      )}
    </section>
  );
}
