import { Icon } from "../parts/icon.tsx";
import { texts } from "../texts/index.ts";
import type { RunView } from "./run-view.ts";

/** How a run ended, where that is not an answer. */
export function RunEnd({ run: { status, failure, parts } }: { run: RunView }) {
  // A note says that it was interrupted.
  if (status === "ERROR" && failure?.type !== "interrupted") {
    return (
      <div class="failure">
        <Icon name="warning" />
        <div>
          <p>
            <strong>{texts.calls.failed}</strong> <span dir="auto">{failure?.message}</span>
          </p>
        </div>
      </div>
    );
  }
  if (status === "CANCELLED" && failure?.type === "expired") return <Mark said={texts.calls.expired} />;
  if (status === "CANCELLED") return <Mark said={texts.calls.stopped} why={failure?.message} />;
  if (status === "PENDING") return <Mark said={texts.calls.queued} />;
  if (status === "COMPLETED" && parts.length === 0) return <Mark said={texts.calls.nothingSaid} />;
  return null;
}

function Mark({ said, why }: { said: string; why?: string | undefined }) {
  return (
    <p class="run-mark">
      {said}
      {why && <span dir="auto"> {why}</span>}
    </p>
  );
}
