import { signal } from "@preact/signals";
import { Icon } from "../parts/icon.tsx";
import { longTime } from "../parts/time-text.ts";
import { texts } from "../texts/index.ts";
import type { Asked } from "./asked.ts";
import { timeLeft } from "./time-left.ts";

let timer: ReturnType<typeof setInterval> | undefined;

/** Goes on each second as long as somebody counts. */
const nowMs = signal(Date.now(), {
  watched() {
    nowMs.value = Date.now();
    timer = setInterval(() => {
      nowMs.value = Date.now();
    }, 1_000);
  },
  unwatched() {
    clearInterval(timer);
  },
});

/** How long a person has to answer, and what happens then. Nothing is said where there is no end. */
export function Countdown({ expiresAtMs, onExpiry }: Pick<Asked, "expiresAtMs" | "onExpiry">) {
  if (expiresAtMs === null) return null;
  const leftMs = expiresAtMs - nowMs.value;
  const { expires } = texts.approvals;
  return (
    <span class="ask-time" data-soon={leftMs < 60_000} title={longTime(new Date(expiresAtMs))}>
      <Icon name="clock" />
      <span role="timer" aria-live="off">
        {leftMs > 0 ? expires.in(timeLeft(leftMs)) : expires.now}
        {onExpiry !== null && `, ${expires[onExpiry]}`}
      </span>
    </span>
  );
}
