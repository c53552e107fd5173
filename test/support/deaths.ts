/** Runs of agents and teams that pause, and tools that are under way when their object dies. */
import { env } from "cloudflare:workers";
import { expect, onTestFinished } from "vitest";
import { z } from "zod";
import { defineTool, type Tool } from "../../src/domain/tool.ts";
import { type Answer, call, EventStream, type SentEvent, send } from "./http.ts";
import { sleep, until } from "./model-connection.ts";
import type { Gate } from "./scripted-model.ts";
import { killObjects } from "./session-story.ts";

// biome-ignore lint/suspicious/noExplicitAny: an answer's JSON, looked into by tests
type Json = any;

export interface WatchedTool {
  tool: Tool;
  /** The argument `what` of each call that ran, in order. */
  ran: string[];
}

/** A tool that writes down each call that runs. With a gate, calls stay there until it opens or their object dies. */
export function watchedTool(name: string, waits: Partial<Tool> = {}, point: Gate | null = null): WatchedTool {
  const ran: string[] = [];
  let isOver = false;
  onTestFinished(() => {
    isOver = true;
  });
  const tool = defineTool({
    name,
    description: `Does ${name}.`,
    parameters: z.object({ what: z.string() }),
    ...waits,
    ...(waits.externalExecution !== true && {
      execute: async ({ what }, { signal }) => {
        ran.push(what);
        if (point !== null) {
          point.arrivals += 1;
          await until(() => point.released || isOver || signal.aborted, "the gate", Number.POSITIVE_INFINITY);
        }
        return `${name} of ${what}`;
      },
    }),
  });
  return { tool, ran };
}

export const CONFIRM = { requiresConfirmation: true };

/** A run: `path` is `/agents/<id>` or `/teams/<id>`. */
export interface RunOf {
  path: string;
  session_id: string;
  run_id: string;
}

/** Starts a run and expects it to pause. */
export async function pausedRun(path: string, session_id: string, message = "go"): Promise<RunOf> {
  const { body } = await call("POST", `${path}/runs`, { message, stream: false, session_id });
  expect([body.status, body.detail]).toEqual(["PAUSED", undefined]);
  return { path, session_id, run_id: body.run_id };
}

export async function readRun({ path, session_id, run_id }: RunOf): Promise<Json> {
  return (await call("GET", `${path}/runs/${run_id}?session_id=${session_id}`)).body;
}

/** What the run waits for, as it is stored. */
export async function openOf(run: RunOf): Promise<Json[]> {
  const { results } = await env.DB.prepare(
    "select * from requirements where run_id = ? and status = 'open' order by position",
  )
    .bind(run.run_id)
    .all();
  return results;
}

/** `tool: status` of each requirement of the run, and its note. */
export async function askedOf(run: RunOf): Promise<string[]> {
  const { results } = await env.DB.prepare("select * from requirements where run_id = ? order by position")
    .bind(run.run_id)
    .all();
  return results.map(({ tool_name, status, note }) => `${tool_name}: ${status}${note === null ? "" : `, ${note}`}`);
}

type Said = Record<string, unknown>;
export const yes = { confirmed: true };
export const no = { confirmed: false };
/** Fills the one field of a watched tool. */
export const fill = (what: string) => ({ user_input_schema: [{ name: "what", value: what }] });

/** Answers all open requirements of the run with the same, or each with what is given for its tool. */
async function answersTo(run: RunOf, said: Said | Record<string, Said>): Promise<object> {
  const isByName = (given: Said | Record<string, Said>): given is Record<string, Said> =>
    Object.values(given).every((one) => typeof one === "object" && !Array.isArray(one));
  const open = await openOf(run);
  const requirements = open
    .filter(({ tool_name }) => !isByName(said) || said[tool_name] !== undefined)
    .map(({ requirement_id, tool_name, tool_call_id }) => ({
      id: requirement_id,
      tool_execution: { tool_call_id, ...(isByName(said) ? said[tool_name] : said) },
    }));
  return { session_id: run.session_id, requirements };
}

const headersOf = (key: string | undefined): Record<string, string> =>
  key === undefined ? {} : { "Idempotency-Key": key };

export async function answer(run: RunOf, said: Said | Record<string, Said>, key?: string): Promise<Answer> {
  const fields = { ...(await answersTo(run, said)), stream: false };
  return call("POST", `${run.path}/runs/${run.run_id}/continue`, fields, headersOf(key));
}

export async function openAnswer(run: RunOf, said: Said | Record<string, Said>, key?: string): Promise<EventStream> {
  const fields = { ...(await answersTo(run, said)), stream: true };
  const response = await send("POST", `${run.path}/runs/${run.run_id}/continue`, fields, headersOf(key));
  expect(response.status, await (response.ok ? "" : response.clone().text())).toBe(200);
  return new EventStream(response);
}

/** Kills all objects, and answers the events that this reader had been sent until then. */
export async function die(stream: EventStream): Promise<SentEvent[]> {
  const events: SentEvent[] = [];
  const reading = (async () => {
    for (let event = await stream.next(); event !== null; event = await stream.next()) events.push(event);
  })().catch(() => {});
  await sleep(20);
  await killObjects();
  await reading;
  return events;
}

const isControl = ({ id }: SentEvent) => Number.isNaN(id);

/** The run's events behind the one that was seen last, without AgentOS's control events. */
export async function resumed({ path, session_id, run_id }: RunOf, last?: number): Promise<SentEvent[]> {
  const fields = { session_id, ...(last !== undefined && { last_event_index: last }) };
  const response = await send("POST", `${path}/runs/${run_id}/resume`, fields);
  return (await new EventStream(response).rest()).filter((event) => !isControl(event));
}

/** Expects that event ids only grow, and that none is there twice. */
export function expectRising(events: readonly SentEvent[]): void {
  const ids = events.map(({ id }) => id);
  expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
}

/** How many rows of the session are left, for each table that has any. */
export async function leftOf(sessionId: string): Promise<Record<string, number>> {
  const tables = ["sessions", "runs", "messages", "requirements", "continuations"];
  const counts = await env.DB.batch<{ n: number }>(
    tables.map((table) => env.DB.prepare(`select count(*) as n from ${table} where session_id = ?`).bind(sessionId)),
  );
  return Object.fromEntries(
    counts.flatMap(({ results }, nth) => {
      const n = results[0]?.n ?? 0;
      return n === 0 ? [] : [[tables[nth], n]];
    }),
  );
}
