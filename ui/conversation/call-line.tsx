import { useId, useState } from "preact/hooks";
import { CopyButton } from "../parts/copy-button.tsx";
import { durationText } from "../parts/duration.ts";
import { Icon, type IconName } from "../parts/icon.tsx";
import { memo } from "../parts/memo.ts";
import { texts } from "../texts/index.ts";
import { Members } from "./members.tsx";
import type { Call } from "./run-view.ts";
import { argumentsHint, type ShownValue, shownArguments, shownResult } from "./shown-value.ts";

const ICONS: Record<Call["state"], IconName> = {
  running: "tool",
  waits: "clock",
  done: "check",
  failed: "warning",
  denied: "close",
  expired: "clock",
};

/** A call of a tool in one line, which opens to what it was asked with and what it gave. */
export const CallLine = memo(({ call }: { call: Call }) => <Line call={call} />);

function Line({ call }: { call: Call }) {
  const [chosen, choose] = useState<boolean | null>(null);
  const bodyId = useId();
  // One sees members at work. What a tool is at work with is for who asks.
  const isShown = chosen ?? (call.members.length > 0 && call.state !== "done");
  return (
    <div class="call" data-state={call.state}>
      <button
        type="button"
        class="line-head"
        aria-expanded={isShown}
        aria-controls={bodyId}
        onClick={() => choose(!isShown)}
      >
        <Icon name={ICONS[call.state]} />
        <CallTitle call={call} />
        <span class="call-state">{stateOf(call)}</span>
        <Icon name={isShown ? "down" : "right"} />
      </button>
      {isShown && (
        <div id={bodyId} class="call-body">
          {call.members.length > 0 && <Members runs={call.members} />}
          {(call.members.length === 0 || call.state === "failed") && <CallValues call={call} />}
        </div>
      )}
    </div>
  );
}

/** A delegated call is called by who does it. */
function CallTitle({ call }: { call: Call }) {
  const [first] = call.members;
  if (first !== undefined) {
    return (
      <>
        <span class="call-member" dir="auto">
          {call.members.map(({ of }) => of.name).join(", ")}
        </span>
        <span class="call-hint" dir="auto">
          {first.asked}
        </span>
      </>
    );
  }
  return (
    <>
      <code class="call-name">{call.name}</code>
      <span class="call-hint">{argumentsHint(call.args)}</span>
    </>
  );
}

function CallValues({ call: { args, result, state } }: { call: Call }) {
  const hasArguments = args !== null && Object.keys(args).length > 0;
  return (
    <>
      {hasArguments ? (
        <Value title={texts.calls.arguments} shown={shownArguments(args)} whole={() => JSON.stringify(args, null, 2)} />
      ) : (
        <p class="hint">{texts.calls.noArguments}</p>
      )}
      {result !== null && (
        <Value
          title={state === "failed" ? texts.calls.error : texts.calls.result}
          shown={shownResult(result)}
          whole={() => result}
        />
      )}
    </>
  );
}

function Value({ title, shown, whole }: { title: string; shown: ShownValue; whole: () => string }) {
  return (
    <figure class="value">
      <figcaption>
        <span>{title}</span>
        <CopyButton label={texts.calls.copyOf(title)} text={whole} />
      </figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard */}
      <pre tabIndex={0} dir="ltr">
        <code>{shown.text}</code>
      </pre>
      {shown.cutFrom !== null && <p class="hint">{texts.calls.cut(shown.text.length, shown.cutFrom)}</p>}
    </figure>
  );
}

function stateOf({ state, seconds }: Call): string {
  if (state === "done" && seconds !== null) return durationText(seconds);
  return texts.calls.states[state];
}
