import { AppError, badRequest, runNotFound } from "../../domain/error.ts";
import { idProblem } from "../../domain/id.ts";
import type { Outcome } from "../../domain/outcome.ts";
import type { AppContext } from "../../http/context.ts";
import { unwrap } from "../../http/errors.ts";
import type { SessionClient } from "../../session/client.ts";
import type { RunAnswer, RunCall } from "../../session/run-calls.ts";
import { findByKey, statusOfRun } from "../../store/runs/runs.ts";
import { newestRun } from "../../store/runs/standing.ts";
import { type Act, runOfUsersMessage, type Said } from "../../wire/ui/act.ts";
import { madeRun, withOneText } from "../continue/made-run.ts";
import { limitRunInput } from "../runs/input.ts";
import { newRun } from "../runs/new-run.ts";
import type { RouteDependencies } from "../shared/dependencies.ts";
import { database, seen } from "../shared/find-session.ts";
import type { ChatOptions } from "./input.ts";
import { chatKey, type KeyScope } from "./keys.ts";
import { replacedRun } from "./replaced.ts";

/** A chat's request. */
export interface Chat extends KeyScope {
  c: AppContext;
  dependencies: RouteDependencies;
  session: SessionClient;
  options: ChatOptions;
  reading: Pick<RunCall, "principal" | "quota" | "onBusy" | "read">;
}

/** Has the session's object do what the request asks for. */
export async function doAct(chat: Chat, act: Act): Promise<Outcome<RunAnswer>> {
  switch (act.kind) {
    case "say":
      if (act.isEdit || runOfUsersMessage(act.said.messageId) !== null) await refuseEdit(chat, act.said);
      return say(chat, act.said);
    case "answer":
      return answer(chat, act);
    case "again":
      return answerAgain(chat, act);
  }
}

/** A new message reads nothing here. */
async function say(chat: Chat, { messageId, text: message }: Said): Promise<Outcome<RunAnswer>> {
  const { c, dependencies, caller, component, session, reading } = chat;
  const { sessionState } = chat.options;
  limitRunInput(message, sessionState);
  const idempotency = await chatKey(chat, "ui.run", messageId, { message, sessionState });
  const made = newRun(c, dependencies, caller, { component, message, sessionState, idempotency });
  return session.startRun({ ...reading, ...made });
}

/** An edit of a message that failed on its way is as good as a new one. */
async function refuseEdit(chat: Chat, said: Said): Promise<void> {
  if ((await runOfMessage(chat, said)) !== null) {
    throw new AppError(badRequest("Editing is not supported: this message was answered already. Send a new one."));
  }
}

/** The run that a message of the user's has made; null if it never made one. */
async function runOfMessage(chat: Chat, { messageId }: Pick<Said, "messageId">): Promise<string | null> {
  const { c, sessionId } = chat;
  const db = database(c);
  const shown = runOfUsersMessage(messageId);
  if (shown !== null && (await statusOfRun(db, seen(c, sessionId), shown)) !== null) return shown;
  return (await findByKey(db, await chatKey(chat, "ui.run", messageId)))?.runId ?? null;
}

async function answer(chat: Chat, { runId, entries }: Extract<Act, { kind: "answer" }>): Promise<Outcome<RunAnswer>> {
  const { caller, component, session, reading } = chat;
  requireRunId(runId);
  // A confined caller answers for itself: whom it names is no part of what makes its answer the same one.
  const answeredBy = caller.confined ? caller.userId : (chat.options.answeredBy ?? caller.userId);
  const idempotency = await chatKey(chat, "ui.answer", { runId, entries, answeredBy });
  const outcome = await session.continueRun({ ...reading, runId, component, entries, answeredBy, idempotency });
  return withOneText(outcome, runId);
}

async function answerAgain(
  chat: Chat,
  { messageId, said }: Extract<Act, { kind: "again" }>,
): Promise<Outcome<RunAnswer>> {
  const { c, dependencies, caller, component, sessionId, session, reading } = chat;
  const named = messageId === null ? null : (runOfUsersMessage(messageId) ?? messageId);
  const asked = named ?? (said && (await runOfMessage(chat, said)));
  if (asked === null && said !== null) return say(chat, said);
  const runId = requireRunId(asked ?? "");
  const isExact = named !== null;
  // A request that names what it replaces is the same one for good, whatever was said since.
  const wasAsked = isExact && (await findByKey(database(c), await chatKey(chat, "ui.again", runId))) !== null;
  const line = wasAsked ? [] : await newestRun(database(c), seen(c, sessionId), component);
  const older = wasAsked ? runId : unwrap(replacedRun(line, { runId, isExact }));
  const made = await madeRun(c, dependencies, caller, {
    sessionId,
    runId: older,
    component,
    asked: { type: "regenerated", from: "last_user", replace: true, instructions: null },
    idempotency: await chatKey(chat, "ui.again", older),
  });
  return withOneText(await session.startRun({ ...reading, ...made }), older);
}

/** A message's id is any text. Throws the 404 for one that no run has. */
function requireRunId(id: string): string {
  if (idProblem(id) !== null) throw new AppError(runNotFound());
  return id;
}
