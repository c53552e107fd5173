import { shortenToName } from "../derived/clean-name.ts";
import { guardedName } from "../derived/name-guard.ts";
import { isNamingDue } from "../derived/naming-due.ts";
import { NAMED_MESSAGES, proposeName, READ_MESSAGE_CHARS } from "../derived/propose-name.ts";
import type { Agent } from "../domain/agent.ts";
import { databaseUnavailable, nameRefused } from "../domain/error.ts";
import { fail, type Outcome, ok } from "../domain/outcome.ts";
import type { Session } from "../domain/session.ts";
import { log } from "../lib/log.ts";
import { readOrNull } from "../store/commit.ts";
import { firstMessages, type MessageExcerpt } from "../store/messages.ts";
import type { NameChange } from "../store/session-writes.ts";
import type { SessionDependencies } from "./dependencies.ts";

/** The agent or team that a session's names are the business of: its own if registered, else none. */
export function namingAgent(deps: SessionDependencies, session: Session): Agent | undefined {
  return session.sessionType === "team" ? deps.teams.get(session.teamId ?? "") : deps.agents.get(session.agentId ?? "");
}

/** A name that a person gave, as the agent's guardrail lets it pass; "" takes the name away and is not shown to it. */
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

/** A name that the model makes from the conversation's start, or what stands in for one. */
export async function generatedChange(
  deps: SessionDependencies,
  session: Session,
  fallback: string | null,
): Promise<Outcome<NameChange>> {
  const bounds = { maxMessages: NAMED_MESSAGES, maxChars: READ_MESSAGE_CHARS };
  const read = await readOrNull(firstMessages(deps.db, session.sessionId, bounds));
  if (read === null) {
    return fail(databaseUnavailable());
  }
  const lines = read.value;
  const name = lines.length === 0 ? null : await askAndGuard(deps, session, lines);
  if (name !== null) {
    return ok({ name, source: "generated", details: null });
  }
  const firstUser = lines.find((line) => line.role === "user")?.content ?? "";
  const instead = fallback ?? (shortenToName(firstUser) || session.sessionId);
  return ok({ name: instead, source: "fallback", details: null });
}

/** Whether the session is to be named by itself after the run that just completed. */
export function isAutomaticallyDue(deps: SessionDependencies, session: Session, agent: Agent): boolean {
  return isNamingDue(namingAgent(deps, session) ?? agent, session);
}

async function askAndGuard(
  deps: SessionDependencies,
  session: Session,
  lines: MessageExcerpt[],
): Promise<string | null> {
  const agent = namingAgent(deps, session);
  const model = deps.models(agent?.naming?.model ?? deps.settings.namingModel ?? agent?.model);
  if (model === null) {
    return null;
  }
  const proposed = await proposeName(model, lines);
  if (proposed === null) {
    log("warn", "name.not_usable", { session_id: session.sessionId });
    return null;
  }
  return guardedName(agent, "generated", proposed, session);
}
