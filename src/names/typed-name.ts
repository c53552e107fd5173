/** Names that people wrote: a name given by hand, and a first message that stands in for one. */

import { hasControl } from "../domain/control.ts";
import { MAX_NAME_CODE_POINTS } from "../domain/limits.ts";
import { firstCodePoints, oneLine, wellFormed } from "../lib/text.ts";
import { visibleText } from "../lib/visible-text.ts";
import { maskSecrets } from "../privacy/secrets.ts";
import { withinLimits } from "./limits.ts";

/** Of a first message, no more is looked at: it becomes at most 200 code points. */
const MAX_MESSAGE_UNITS = 16_000;

/** A name that a person gave, trimmed, or why it is refused. "" is a name taken away. */
export function manualName(raw: string): { ok: true; name: string } | { ok: false; reason: string } {
  const name = raw.trim();
  if (firstCodePoints(name, MAX_NAME_CODE_POINTS) !== name) {
    return { ok: false, reason: `A name has at most ${MAX_NAME_CODE_POINTS} characters.` };
  }
  if (hasControl(name)) {
    return { ok: false, reason: "A name has no line breaks, control characters or bidirectional overrides." };
  }
  return { ok: true, name: wellFormed(name) };
}

/** A first message as one line of at most 200 code points, secrets masked: what shows while a session has no name. */
export function firstMessageLine(text: string): string {
  return firstCodePoints(shownLine(text), MAX_NAME_CODE_POINTS).trim();
}

/** A first message shortened to the limits of a name, secrets masked; "" when nothing of it can be shown. */
export function shortenToName(text: string): string {
  const line = shownLine(text);
  const name = withinLimits(line);
  return name === line ? name : name.replace(/[\s,，、;；:：–—-]+$/u, "");
}

function shownLine(text: string): string {
  return maskSecrets(oneLine(visibleText(text)).slice(0, MAX_MESSAGE_UNITS));
}
