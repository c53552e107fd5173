import { setTimeout as pause } from "node:timers/promises";
import type { Server } from "../server/server-process.ts";
import { call } from "./calls.ts";
import { AGENT, Client, type World } from "./client.ts";
import type { ModelServer } from "./model-server.ts";
import type { Operation } from "./operations.ts";
import type { EpochPlan, SessionPlan } from "./plan.ts";
import { patiently, readSession } from "./read-session.ts";
import type { Act, Clock, SessionRecord } from "./record.ts";
import { nameText } from "./words.ts";

/** What all epochs share. */
export interface Stage {
  world: World;
  model: ModelServer;
  clock: Clock;
  /** The sessions of the histories, by id. */
  records: Map<string, SessionRecord>;
  /** Starts the server on the state that is there. */
  start(): Promise<Server>;
}

/** A session after an epoch. `unread` says why it could not be read; null if it was. */
export interface Lived {
  record: SessionRecord;
  unread: string | null;
}

/** A session: what is planned for it, and what was seen of it. */
interface Session {
  planned: SessionPlan;
  record: SessionRecord;
}

/**
 * Carries out an epoch on the server, which is killed in the middle of it. Returns the restarted server and the sessions.
 */
export async function liveEpoch(
  plan: EpochPlan,
  stage: Stage,
  server: Server,
): Promise<{ server: Server; lived: Lived[] }> {
  const sessions = await Promise.all(
    plan.sessions.map(async (planned) => ({ planned, record: await recordOf(planned, plan.epoch, stage) })),
  );
  await liveAndDie(plan, stage, server, sessions);
  const restarted = await stage.start();
  stage.world.url = restarted.url;
  stage.world.isUp = true;
  // A deployment's cron trigger does this each minute. It indexes a fork whose maker died.
  await call({ method: "GET", url: `${restarted.url}/cdn-cgi/local/scheduled` });
  const lived = await Promise.all(
    sessions.map(async (session) => ({ record: session.record, unread: await settle(session, plan.epoch, stage) })),
  );
  return { server: restarted, lived };
}

/** The session's record. A new session is created with a name, because the model would be asked for one otherwise. */
async function recordOf(session: SessionPlan, epoch: number, stage: Stage): Promise<SessionRecord> {
  const { sessionId, userId } = session;
  const known = stage.records.get(sessionId);
  if (known !== undefined) return known;
  const record: SessionRecord = { sessionId, userId, acts: [], asked: [], readings: [] };
  stage.records.set(sessionId, record);
  const body = { session_id: sessionId, user_id: userId, agent_id: AGENT, session_name: nameText(sessionId) };
  const created = await call({ method: "POST", url: `${stage.world.url}/sessions`, body });
  if (created.status !== 201) throw new Error(`Session ${sessionId} was not created: ${created.status}`);
  await clientOf("creation", epoch, record, stage).perform(own(session, epoch, "created", { kind: "read" }));
  return record;
}

const clientOf = (name: string, epoch: number, record: SessionRecord, stage: Stage) =>
  new Client(name, epoch, record, stage);

/** An operation that this file makes besides the plan. */
function own({ sessionId }: SessionPlan, epoch: number, what: string, action: Operation["action"]): Operation {
  const [seed, slot] = sessionId.slice(1).split("-");
  return { token: `z${seed}e${epoch}s${slot}n${what}`, waitMs: 0, action };
}

async function liveAndDie(plan: EpochPlan, stage: Stage, server: Server, sessions: readonly Session[]): Promise<void> {
  let begun = 0;
  let killed: Promise<void> | null = null;
  const kill = async (delayMs: number) => {
    await pause(delayMs);
    stage.world.isUp = false;
    await server.kill();
  };
  const live = async (client: Client, operations: readonly Operation[]) => {
    for (const operation of operations) {
      await pause(operation.waitMs);
      if (!stage.world.isUp) return;
      begun += 1;
      if (begun >= plan.kill.operation) killed ??= kill(plan.kill.delayMs);
      await client.perform(operation);
    }
  };
  const lives = sessions.flatMap(({ planned, record }) =>
    planned.clients.map((operations, nth) => live(clientOf(String(nth), plan.epoch, record, stage), operations)),
  );
  await Promise.all(lives);
  await (killed ?? kill(0));
}

/**
 * After a restart, restores the session if it was deleted, wakes it, waits until its runs have ended, and reads it. Returns
 * why it could not be read; null if it was.
 */
async function settle({ planned, record }: Session, epoch: number, stage: Stage): Promise<string | null> {
  const looked = await insist(clientOf("look", epoch, record, stage), own(planned, epoch, "look", { kind: "read" }));
  if (looked?.status === 404) {
    await insist(clientOf("look", epoch, record, stage), own(planned, epoch, "back", { kind: "restore" }));
  }
  const again = unknownByKey(record, epoch).map(({ operation }) => ({ client: "again", operation }));
  const wake = planned.wake.map((operation) => ({ client: "wake", operation }));
  await Promise.all(
    [...wake, ...again].map(async ({ client, operation }, nth) => {
      await pause(client === "wake" ? operation.waitMs : 0);
      await clientOf(`${client} ${nth}`, epoch, record, stage).perform(operation);
    }),
  );
  await insist(clientOf("probe", epoch, record, stage), own(planned, epoch, "probe", PROBE));
  const tokens = new Set(record.acts.map(({ operation }) => operation.token));
  record.asked = stage.model.asked.filter(({ token }) => tokens.has(token));
  try {
    record.readings.push(await readSession(record, epoch, stage));
    return null;
  } catch (error) {
    return String(error);
  }
}

const PROBE: Operation["action"] = {
  kind: "run",
  turns: [],
  read: "whole",
  onBusy: "enqueue",
  state: null,
  keyed: true,
};

/** The runs of this epoch whose outcome is unknown and whose key lets them be asked for again. */
function unknownByKey({ acts }: SessionRecord, epoch: number): Act[] {
  return acts.filter(
    ({ epoch: of, outcome, operation: { action } }) =>
      of === epoch && outcome === "unknown" && action.kind === "run" && action.keyed,
  );
}

/** Performs the operation until its outcome is known. Until the server has landed what the kill left, it may refuse. */
async function insist(client: Client, operation: Operation): Promise<Act | null> {
  return patiently(async () => {
    const act = await client.perform(operation);
    return act !== null && act.outcome !== "unknown" ? act : null;
  });
}
