import { may } from "../access/access.ts";
import { Button, IconButton } from "../parts/button.tsx";
import { texts } from "../texts/index.ts";
import type { Conversation } from "./conversation.ts";
import type { LiveRun } from "./live-run.ts";
import type { Saying } from "./saying.ts";

/** What can be done with a run: the newest is answered again, and from an older one one goes on. */
export function RunActs({ run, conversation, saying }: { run: LiveRun; conversation: Conversation; saying: Saying }) {
  const { of } = run.view.peek();
  const status = run.status.value;
  const isNewest = conversation.runs.value.at(-1) === run;
  const isBusy = saying.busy.value === run.runId;
  if (!may(`${of.kind}s:run`, of.id)) return null;
  if (status === "PENDING") {
    return (
      <Button tone="quiet" isBusy={isBusy} onClick={() => void saying.stop(run)}>
        {texts.conversation.takeBack}
      </Button>
    );
  }
  if (status === "RUNNING" || status === "PAUSED") return null;
  return (
    <>
      {status === "ERROR" && isNewest && (
        <Button icon="retry" isBusy={isBusy} onClick={() => void saying.regenerate(run)}>
          {texts.app.retry}
        </Button>
      )}
      {isNewest && status !== "ERROR" && (
        <IconButton
          icon="retry"
          label={texts.conversation.regenerate}
          isBusy={isBusy}
          onClick={() => void saying.regenerate(run)}
        />
      )}
      {!isNewest && (
        <IconButton
          icon="onward"
          label={texts.conversation.goOn}
          onClick={() => {
            saying.goesOnFrom.value = run.view.peek();
          }}
        />
      )}
      <IconButton icon="fork" label={texts.conversation.fork} isBusy={isBusy} onClick={() => void saying.fork(run)} />
    </>
  );
}
