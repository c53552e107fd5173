import type { Agent } from "../domain/agent.ts";
import type { Session } from "../domain/session.ts";
import { withTimeout } from "../lib/abort.ts";
import { withinLimits } from "./limits.ts";
import { manualName } from "./typed-name.ts";

/** A guardrail that never answers must not hold a rename. */
const ACCEPT_TIMEOUT_MS = 5_000;

/**
 * Shows a name to the deployer's guardrail. Answers the name to store, or null when it was refused: by null, by a throw,
 * by no answer in time, or because what came back is over the limits of its kind. `session` is the row as it stands.
 */
export async function guardedName(
  agent: Agent | undefined,
  kind: "manual" | "generated",
  name: string,
  session: Session,
): Promise<string | null> {
  const accept = agent?.naming?.accept;
  if (accept === undefined || name === "") {
    return name;
  }
  try {
    const answer = Promise.resolve(accept.call(agent?.naming, name, structuredClone(session)));
    const accepted = await withTimeout(answer, ACCEPT_TIMEOUT_MS, () => new Error("accept did not answer"));
    return typeof accepted === "string" ? withinKind(kind, accepted) : null;
  } catch {
    return null;
  }
}

function withinKind(kind: "manual" | "generated", accepted: string): string | null {
  const checked = manualName(accepted);
  if (!checked.ok || checked.name === "") {
    return null;
  }
  return kind === "manual" || withinLimits(checked.name) === checked.name ? checked.name : null;
}
