import { firstCodePoints, oneLine } from "../lib/text.ts";
import { maskSecrets } from "./secrets.ts";
import { withinLimits } from "./name-limits.ts";
export const cleanName = (raw: string): string | null => withinLimits(oneLine(raw)) || null;
export const manualName = (raw: string): { ok: true; name: string } | { ok: false; reason: string } => ({
  ok: true,
  name: raw.trim(),
});
export const firstMessageLine = (text: string) => firstCodePoints(oneLine(maskSecrets(text)), 200);
export const shortenToName = (text: string) => withinLimits(oneLine(maskSecrets(text)));
