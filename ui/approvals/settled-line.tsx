import { Icon } from "../parts/icon.tsx";
import { Time } from "../parts/time.tsx";
import { texts } from "../texts/index.ts";
import { answerer } from "./send.ts";
import type { Settled } from "./settled.ts";

const SAID_CHARS = 300;

/** What was answered, by whom, and when. */
export function SettledLine({ toolName, settled: { how, said, by, at } }: { toolName: string; settled: Settled }) {
  const isDone = how === "confirmed" || how === "filled" || how === "executed";
  return (
    <p class="settled-line" data-how={how}>
      <Icon name={isDone ? "check" : how === "expired" ? "clock" : "close"} />
      <code>{toolName}</code>
      <span>
        {texts.approvals.settled[how]}
        {by !== null && ` ${by === answerer() ? texts.approvals.byYou : texts.approvals.by(by)}`}
      </span>
      {at !== null && <Time at={at} />}
      {said !== null && <q dir="auto">{said.length > SAID_CHARS ? `${said.slice(0, SAID_CHARS)}…` : said}</q>}
    </p>
  );
}
