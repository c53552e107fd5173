/** What was learned about models is kept for the isolate's lifetime, because no provider tells it beforehand. */
import type { Finding } from "./parameters.ts";

/**
 * Far more models than a deployment has. When the map is full, the oldest entry is dropped. That model is then learned
 * again.
 */
const MAX_REMEMBERED = 256;
const findings = new Map<string, readonly Finding[]>();

/** What was learned about one model at one server. */
export const foundBefore = (source: string): readonly Finding[] => findings.get(source) ?? [];

export function remember(source: string, found: readonly Finding[]): void {
  findings.delete(source);
  findings.set(source, found);
  const [first] = findings.keys();
  if (findings.size > MAX_REMEMBERED && first !== undefined) findings.delete(first);
}
