import { type Agent, DEFAULT_NAMING_AFTER } from "../../domain/agent.ts";
import { databaseUnavailable, nameRefused } from "../../domain/error.ts";
import { fail, type Outcome, ok } from "../../domain/outcome.ts";
import type { NameDetails, Session } from "../../domain/session.ts";
import type { NameChange } from "../../domain/session-fields.ts";
import { log } from "../../lib/log.ts";
import type { ModelFailure } from "../../model-answers/ask.ts";
import { guardedName } from "../../names/guard.ts";
import { NAMED_MESSAGES, proposeName, READ_MESSAGE_CHARS } from "../../names/propose.ts";
import { shortenToName } from "../../names/typed-name.ts";
import { readOrNull } from "../../store/commit.ts";
import { firstMessages, type MessageExcerpt } from "../../store/messages/messages.ts";
import type { SessionDependencies } from "../dependencies.ts";
import { Meter, type Used } from "./meter.ts";

/** The session's own agent or team, whose settings of names apply; undefined if the deployment has it no more. */
export function namingAgent(deps: SessionDependencies, session: Session): Agent | undefined {
  return session.sessionType === "team" ? deps.teams.get(session.teamId ?? "") : deps.agents.get(session.agentId ?? "");
}

/** Whether this is the same session as `then`, and its name has not changed since. */
export const isNamedAsThen = (session: Session, then: Session): boolean =>
  session.nameVersion === then.nameVersion && session.createdAt === then.createdAt;

/**
 * The change to a name that a person gave, as the agent's guardrail accepts it. "" takes the name away
 * without the guardrail.
 */
export async function manualChange(
  deps: SessionDependencies,
  session: Session,
  name: string,
): Promise<Outcome<NameChange>> {
  if (name === "") {
    return ok({ name: null, source: null, details: null });
  }
  const accepted = await guardedName(namingAgent(deps, session), "manual", name, session);
  return accepted === null ? fail(nameRefused()) : ok({ name: accepted, source: "manual", details: null });
}

interface NamingRequest {
  /** The name if the model gives none; null for the first message, shortened. */
  fallback: string | null;
  /** The job that asks; null for a caller or the server itself. A job does not repeat a failed call: it comes back later. */
  jobId: string | null;
}

export interface GeneratedName {
  change: NameChange;
  /** Why the provider did not answer. Then the change is to the fallback. Null if it did. */
  failure: ModelFailure | null;
  /** What the model has used for it. */
  used: Used;
}

/**
 * Asks the model for a name, by the beginning of the conversation. Answers the change to that name, or to the fallback, with
 * its cost.
 */
export async function generatedChange(
  deps: SessionDependencies,
  session: Session,
  request: NamingRequest,
): Promise<Outcome<GeneratedName>> {
  const bounds = { maxMessages: NAMED_MESSAGES, maxChars: READ_MESSAGE_CHARS };
  const read = await readOrNull(firstMessages(deps.db, session.sessionId, bounds));
  if (read === null) {
    return fail(databaseUnavailable());
  }
  const lines = read.value;
  const meter = new Meter(deps.now());
  const { name, details, failure } = await askAndGuard(deps, session, { lines, jobId: request.jobId, meter });
  const { used } = meter;
  if (name !== null) {
    return ok({ change: { name, source: "generated", details }, failure, used });
  }
  const firstUser = lines.find((line) => line.role === "user")?.content ?? session.firstMessage ?? "";
  const instead = request.fallback ?? (shortenToName(firstUser) || session.sessionId);
  return ok({ change: { name: instead, source: "fallback", details }, failure, used });
}

/**
 * Whether the session is due to be named now that a run of it has completed: after N completed runs, and at 2N, 4N, …
 * while it has no real name.
 */
export function isAutomaticallyDue(deps: SessionDependencies, session: Session, agent: Agent): boolean {
  const after = (namingAgent(deps, session) ?? agent).naming?.after ?? DEFAULT_NAMING_AFTER;
  const { completedRuns, nameSource } = session;
  if (after <= 0 || completedRuns === 0 || completedRuns % after !== 0) {
    return false;
  }
  const isPowerOfTwo = Number.isInteger(Math.log2(completedRuns / after));
  return isPowerOfTwo && (nameSource === null || nameSource === "fallback");
}

interface AskedName {
  name: string | null;
  details: NameDetails;
  failure: ModelFailure | null;
}

async function askAndGuard(
  deps: SessionDependencies,
  session: Session,
  { lines, jobId, meter }: { lines: MessageExcerpt[]; jobId: string | null; meter: Meter },
): Promise<AskedName> {
  const agent = namingAgent(deps, session);
  const { namingModel, namingReasoningEffort: reasoningEffort } = deps.settings;
  const model = lines.length === 0 ? null : deps.models(agent?.naming?.model ?? namingModel ?? agent?.model);
  if (model === null) {
    const details = { model: null, promptTokens: 0, completionTokens: 0, attempts: 0, jobId };
    return { name: null, details, failure: null };
  }
  const { name, failure, said, ...cost } = await proposeName(meter.on(model), lines, {
    reasoningEffort,
    retryFailures: jobId === null,
  });
  const details = { ...cost, jobId, ...(said !== null && { error: said }) };
  if (name === null) {
    log("warn", "name.not_usable", { session_id: session.sessionId, failure });
    return { name, details, failure };
  }
  return { name: await guardedName(agent, "generated", name, session), details, failure };
}
