import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { durationText } from "../parts/duration.ts";
import { Icon } from "../parts/icon.tsx";
import { longTime } from "../parts/time-text.ts";
import { serverNowMs } from "../server/clock.ts";
import { texts } from "../texts/index.ts";
import type { Asked, WaitingRun } from "./asked.ts";
import { lookUp } from "./fate.ts";

let timer: ReturnType<typeof setInterval> | undefined;

/** Goes on each second as long as somebody counts. */
const nowMs = signal(serverNowMs(), {
  watched() {
    nowMs.value = serverNowMs();
    timer = setInterval(() => {
      nowMs.value = serverNowMs();
    }, 1_000);
  },
  unwatched() {
    clearInterval(timer);
  },
});

/** How often the server is asked what it has made of what nobody answered. */
const LOOK_MS = 10_000;

/** How long a person has to answer, and what happens then. */
export function Countdown({ run, asked, atMs }: { run: WaitingRun; asked: Asked; atMs: number }) {
  const { id, onExpiry } = asked;
  const leftMs = atMs - nowMs.value;
  // The server needs a moment.
  const looks = Math.max(0, Math.ceil((-1_000 - leftMs) / LOOK_MS));
  useEffect(() => {
    if (looks > 0) lookUp(run, [id]).catch(() => {});
  }, [looks]);
  const expires = texts.approvals.expires;
  return (
    <span class="ask-time" data-soon={leftMs < 60_000} title={longTime(new Date(atMs))}>
      <Icon name="clock" />
      <span role="timer" aria-live="off">
        {leftMs > 0 ? expires.in(durationText(Math.ceil(leftMs / 1000))) : expires.now}
        {onExpiry !== null && `, ${expires[onExpiry]}`}
      </span>
    </span>
  );
}
