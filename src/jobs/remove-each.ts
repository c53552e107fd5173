import { CALLS_AT_ONCE } from "../domain/limits.ts";
import type { Outcome } from "../domain/outcome.ts";
import { log } from "../lib/log.ts";
import { sideBySide } from "../lib/side-by-side.ts";

/** Removes each session, some side by side. Those that fail are only logged, as `failure`: the next go finds them again. */
export async function removeEach(
  ids: readonly string[],
  remove: (sessionId: string) => Promise<Outcome<unknown>>,
  failure: { event: string; task?: string },
): Promise<void> {
  const outcomes = await sideBySide(ids, CALLS_AT_ONCE, remove);
  const failed = outcomes.filter(({ ok }) => !ok).length;
  if (failed > 0) {
    const { event, ...fields } = failure;
    log("warn", event, { ...fields, failed, of: ids.length });
  }
}
