import type { Model } from "../../domain/model.ts";
import type { RunRequest } from "../../domain/run.ts";
import { type Component, isTeam } from "../../domain/team.ts";
import type { Quota } from "../../domain/usage.ts";
import { firstRequest } from "../../engine/drive/model-request.ts";
import { sleep } from "../../lib/abort.ts";
import type { SessionContext } from "../context.ts";
import { EarlyAnswer } from "../drive/early-answer.ts";
import type { LiveRun } from "../drive/live-run.ts";
import { promptOf } from "../drive/prompt-of.ts";
import { requestDigests } from "../drive/request-digests.ts";
import { toolSpecs } from "../drive/tool-runner.ts";
import type { Loaded } from "../row/memory.ts";
import type { RunStart } from "../start/run-start.ts";
import type { AcceptPace } from "./accept-pace.ts";

// A run's model may be asked while D1 has not answered the run's accept, where only a D1 that is away could refuse it (ADR 2).

/** What is known of the run that arrives. */
interface EarlyRun {
  request: Pick<RunRequest, "idempotency" | "origin">;
  quota: Quota | null;
  component: Component;
  model: Model;
}

/** The start as it was planned. */
interface EarlyStart {
  start: RunStart;
  loaded: Loaded;
  /** Whether the row that the start is planned on was in memory. */
  isRemembered: boolean;
}

/** Whether only a D1 that is away could refuse the run. What D1 decides itself: keys, quotas, who owns a session. */
export function mayAskEarly(
  { component, quota, request }: Omit<EarlyRun, "model">,
  { start, loaded, isRemembered }: EarlyStart,
): boolean {
  const isWarm = isRemembered && loaded.cacheUse === "hit" && !start.isNewSession;
  const isPlain = request.idempotency === null && request.origin === null && quota === null;
  return isWarm && isPlain && !isTeam(component) && start.changes.userId === undefined;
}

/**
 * Sends a run's first request, if it may be sent before D1 has answered. Whoever cancels the run aborts it. Answers once the
 * request has left.
 */
export async function askEarly(
  { deps, memory, pace }: Pick<SessionContext, "deps" | "memory"> & { pace: AcceptPace },
  arrival: EarlyRun,
  live: LiveRun,
  early: EarlyStart,
): Promise<{ model: Model; firstSentAt?: number }> {
  const { component, model } = arrival;
  const nowMs = deps.now();
  if (live.signal.aborted || !pace.isSound(nowMs) || !mayAskEarly(arrival, early)) {
    return { model };
  }
  const { input, head } = early.start;
  const prompt = promptOf(memory, model.source, { input, component, history: early.loaded.history });
  const tools = toolSpecs(component.tools ?? []);
  const request = firstRequest(model, prompt, { tools, limits: deps.settings });
  const digests = () => requestDigests(head.sessionId, head.userId ?? memory.session?.userId ?? null);
  const answer = new EarlyAnswer(model, request, live.signal, digests);
  // The client sends it a few promises later, and the platform puts it on its way when nothing else is to be done.
  await sleep(0);
  return { model: answer.model, firstSentAt: Math.max(0, nowMs - head.startedAt) };
}
