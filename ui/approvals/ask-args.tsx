import { useState } from "preact/hooks";
import { Button } from "../parts/button.tsx";
import { CopyButton } from "../parts/copy-button.tsx";
import { texts } from "../texts/index.ts";
import { copiedArgs, shownArgs } from "./shown-args.ts";

/** What a call is asked to be run with: all of it, unless it is long; then one sees that there is more. */
export function AskArgs({ args }: { args: Record<string, unknown> }) {
  const [isWhole, showWhole] = useState(false);
  const shown = shownArgs(args, isWhole);
  if (shown.length === 0) return <p class="hint">{texts.approvals.noArguments}</p>;
  const hidden = shown.reduce((sum, arg) => sum + arg.hidden, 0);
  return (
    <div class="ask-args">
      <dl aria-label={texts.approvals.arguments}>
        {shown.map(({ name, text, hidden: more }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd dir="auto">
              {text}
              {more > 0 && <span class="ask-cut">{`… ${texts.approvals.hidden(more)}`}</span>}
            </dd>
          </div>
        ))}
      </dl>
      <CopyButton label={texts.approvals.copy} text={() => copiedArgs(args)} />
      {hidden > 0 && (
        <Button tone="quiet" icon="down" onClick={() => showWhole(true)}>
          {texts.approvals.showAll}
        </Button>
      )}
    </div>
  );
}
