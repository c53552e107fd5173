import { bytesText, countText } from "../parts/amounts.ts";
import { roughDurationText } from "../parts/rough-duration.ts";
import { texts } from "../texts/index.ts";
import type { Work } from "./all-work.ts";

type Numbers = Pick<Work, "unit" | "done" | "total" | "pace" | "note" | "state" | "failed">;

/** How far work is, how quick, and how much time is left, as one line. */
export function numbersOf({ unit, done, total, pace, note, state, failed }: Numbers): string {
  if (state === "away") return texts.failures.away;
  if (state !== "running" && state !== "stopping") return note;
  const amount = unit === "bytes" ? bytesText : countText;
  const far = total === null ? amount(done) : texts.work.of(amount(done), amount(total));
  const parts = [done > 0 || total !== null ? far : "", note, failed > 0 ? texts.work.failed(failed) : ""];
  if (pace !== null) {
    const isSlow = unit === "sessions" && pace.perSecond < 1;
    parts.push(
      isSlow ? texts.work.perMinute(countText(pace.perSecond * 60)) : texts.work.perSecond(amount(pace.perSecond)),
    );
    if (pace.leftSeconds !== null) parts.push(texts.work.left(roughDurationText(pace.leftSeconds)));
  }
  return parts.filter((part) => part !== "").join(" · ");
}
