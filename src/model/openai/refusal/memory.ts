/** What was found out of models is kept for the isolate's lifetime: nothing tells it beforehand. */
import type { Finding } from "./parameters.ts";

/** Far more models than a deployment has; beyond it the one that was learned first is asked anew. */
const MAX_REMEMBERED = 256;
const findings = new Map<string, readonly Finding[]>();

/** Of one model at one server. */
export const foundBefore = (source: string): readonly Finding[] => findings.get(source) ?? [];

export function remember(source: string, found: readonly Finding[]): void {
  findings.delete(source);
  findings.set(source, found);
  const [first] = findings.keys();
  if (findings.size > MAX_REMEMBERED && first !== undefined) findings.delete(first);
}
