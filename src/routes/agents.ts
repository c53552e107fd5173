import { newRouter } from "../contract/route.ts";
import { askedRun, runOutput } from "../contract/run-json.ts";
import * as contract from "../contract/runs.ts";
import type { Agent } from "../domain/agent.ts";
import { AppError, agentNotFound, modelNotConfigured, runNotFound, sessionNotFound } from "../domain/error.ts";
import type { JsonObject } from "../domain/json.ts";
import { MAX_MESSAGE_BYTES, MAX_STATE_BYTES } from "../domain/limits.ts";
import type { Principal } from "../domain/principal.ts";
import type { Idempotency, RunRequest } from "../domain/run.ts";
import { principal } from "../http/auth.ts";
import { readRunBody } from "../http/body.ts";
import type { AppContext } from "../http/context.ts";
import { unwrap } from "../http/errors.ts";
import { parseFields } from "../http/field-errors.ts";
import { canonicalJson, sha256Hex, uuidFrom } from "../lib/digest.ts";
import { findRun, sessionOfRun } from "../store/runs.ts";
import type { RouteDependencies } from "./dependencies.ts";
import { database, requireSession } from "./find-session.ts";
import { runAnswer } from "./run-answer.ts";
import { limitBytes } from "./session-input.ts";
import { streamRuns } from "./stream-runs.ts";

/** Running agents, and reading and cancelling their runs. */
export function agentRunsRouter(dependencies: RouteDependencies) {
  const router = newRouter();
  const requireAgent = (id: string): Agent => {
    const agent = dependencies.agents.get(id);
    if (agent === undefined) throw new AppError(agentNotFound());
    return agent;
  };

  router.openapi(contract.startRun, async (c) => {
    const agent = requireAgent(c.req.valid("param").agent_id);
    const fields = parseFields(contract.RunFields, await readRunBody(c));
    if (dependencies.models(c.get("config"))(agent.model) === null) throw new AppError(modelNotConfigured());
    const caller = principal(c, fields.user_id);
    const message = fields.message.toWellFormed();
    const sessionState = fields.session_state ?? null;
    limitBytes("message", message, MAX_MESSAGE_BYTES);
    limitBytes("session_state", JSON.stringify(sessionState), MAX_STATE_BYTES);
    const idempotency = await idempotencyOf(c, agent, caller, {
      message,
      session_id: fields.session_id ?? null,
      session_state: sessionState,
    });
    const sessionId = fields.session_id ?? (await newSessionId(dependencies, idempotency));
    const request: RunRequest = {
      runId: dependencies.newId(),
      component: { type: "agent", id: agent.id },
      origin: null,
      userId: caller.userId,
      message,
      sessionState,
      idempotency,
      createdAt: dependencies.now(),
    };
    const outcome = await dependencies.session(c.get("config"), sessionId).startRun({
      request,
      principal: caller,
      onBusy: fields.on_busy,
      read: fields.stream ? { kind: "stream", contentOnly: !fields.stream_events } : { kind: "whole" },
    });
    return runAnswer(c, unwrap(outcome));
  });

  router.openapi(contract.listAgentRuns, async (c) => {
    const agent = requireAgent(c.req.valid("param").agent_id);
    const { session_id, user_id, status } = c.req.valid("query");
    const session = await requireSession(c, session_id, { user_id }, "Session not found");
    const filter = { agentId: agent.id, ...(status !== undefined && { status }) };
    const answer = await streamRuns(database(c), session_id, filter);
    if (answer.isEmpty && session.agentId !== agent.id) throw new AppError(sessionNotFound());
    return answer.response;
  });

  router.openapi(contract.getAgentRun, async (c) => {
    const { agent_id, run_id } = c.req.valid("param");
    const { session_id, user_id } = c.req.valid("query");
    const agent = requireAgent(agent_id);
    await requireSession(c, session_id, { user_id }, "Run not found");
    const stored = await findRun(database(c), session_id, run_id);
    if (stored === null || stored.row.agentId !== agent.id) throw new AppError(runNotFound());
    return c.json(runOutput(askedRun(stored.row, stored.messages)), 200);
  });

  router.openapi(contract.cancelRun, async (c) => {
    const { agent_id, run_id } = c.req.valid("param");
    const { session_id, user_id } = c.req.valid("query");
    const agent = requireAgent(agent_id);
    const found = await sessionOfRun(database(c), run_id);
    if (found?.agentId === agent.id && (session_id === undefined || session_id === found.sessionId)) {
      const session = dependencies.session(c.get("config"), found.sessionId);
      unwrap(await session.cancelRun(principal(c, user_id), run_id));
    }
    return c.json({}, 200);
  });

  return router;
}

async function idempotencyOf(
  c: AppContext,
  agent: Agent,
  { caller, userId }: Principal,
  fields: JsonObject,
): Promise<Idempotency | null> {
  const key = c.req.header("Idempotency-Key");
  if (key === undefined) return null;
  const { "Idempotency-Key": checked } = parseFields(contract.IdempotencyHeader, { "Idempotency-Key": key }, "header");
  return {
    caller,
    userId: userId ?? "",
    agentId: agent.id,
    key: checked ?? key,
    fieldsDigest: await sha256Hex(canonicalJson(fields)),
  };
}

/** With a key the id follows from the key, so that a repeated request finds the session that the first one made. */
async function newSessionId({ newId }: RouteDependencies, idempotency: Idempotency | null): Promise<string> {
  if (idempotency === null) return newId();
  const { caller, userId, agentId, key } = idempotency;
  return uuidFrom(await sha256Hex(canonicalJson([caller, userId, agentId, key])));
}
