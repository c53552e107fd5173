/** Runs that wait for people, as callers start them, look at them and answer them. */
import { expect } from "vitest";
import { z } from "zod";
import { defineTool } from "../../src/domain/tool.ts";
import { type Answer, call, EventStream, type RunOptions, run, send } from "./http.ts";

// biome-ignore lint/suspicious/noExplicitAny: an answer's JSON, looked into by tests
type Json = any;

/** A tool without arguments, whose calls wait for a person. */
export const ask = defineTool({
  name: "ask",
  description: "Waits for a person.",
  parameters: z.object({}),
  requiresConfirmation: true,
  execute: () => "done",
});

/** A run that paused, with what its caller was shown of it. */
export interface PausedRun {
  session_id: string;
  run_id: string;
  agent: string;
  /** The calls that it waits for. */
  tools: Json[];
  requirements: Json[];
}

/** Asks for a run and expects it to pause. */
export async function pausedRun(message: string, options: RunOptions & { agent: string }): Promise<PausedRun> {
  const { body } = await run(message, options);
  expect([body.status, body.detail]).toEqual(["PAUSED", undefined]);
  return pauseOf(options.agent, body);
}

/** The pause that a run's answer shows. */
export function pauseOf(agent: string, { session_id, run_id, requirements }: Json): PausedRun {
  const tools = requirements.map((requirement: Json) => requirement.tool_execution);
  return { session_id, run_id, agent, tools, requirements };
}

/** What a person says to a requirement, in the keys of its `tool_execution`. */
export const confirmed = { confirmed: true };
export const rejected = (note?: string) => ({
  confirmed: false,
  ...(note !== undefined && { confirmation_note: note }),
});
export const result = (text: unknown) => ({ result: text });
export const filled = (values: Record<string, unknown>) => ({
  user_input_schema: Object.entries(values).map(([name, value]) => ({ name, value })),
});

/** The calls as they were shown, each with what the person says to it. Null leaves a call unanswered. */
export const tools = ({ tools: shown }: PausedRun, ...said: (object | null)[]) => ({
  tools: shown.map((tool, nth) => ({ ...tool, ...said[nth] })),
});
/** The same in the form of requirements. */
export const requirements = ({ requirements: shown }: PausedRun, ...said: (object | null)[]) => ({
  requirements: shown.map((one, nth) => ({ ...one, tool_execution: { ...one.tool_execution, ...said[nth] } })),
});

interface ContinueOptions {
  key?: string;
  form?: boolean;
}

export const continuePath = ({ agent, run_id }: Pick<PausedRun, "agent" | "run_id">) =>
  `/agents/${agent}/runs/${run_id}/continue`;

/** A form has no lists and objects, so they are sent as JSON texts. */
const asForm = (fields: object) =>
  new URLSearchParams(
    Object.entries(fields).map(([name, value]) => [
      name,
      typeof value === "object" ? JSON.stringify(value) : `${value}`,
    ]),
  );

const sent = (fields: object, { form = false }: ContinueOptions) => (form ? asForm(fields) : fields);
const headers = ({ key }: ContinueOptions): Record<string, string> =>
  key === undefined ? {} : { "Idempotency-Key": key };

/** Continues a run without a stream. */
export function answer(paused: PausedRun, fields: object, options: ContinueOptions = {}): Promise<Answer> {
  const body = { session_id: paused.session_id, stream: false, ...fields };
  return call("POST", continuePath(paused), sent(body, options), headers(options));
}

/** Continues a run with a stream; answers as soon as the headers are there. */
export async function openAnswer(
  paused: PausedRun,
  fields: object,
  options: ContinueOptions = {},
): Promise<EventStream> {
  const body = { session_id: paused.session_id, stream: true, ...fields };
  const response = await send("POST", continuePath(paused), sent(body, options), headers(options));
  expect(response.status, await (response.ok ? "" : response.clone().text())).toBe(200);
  return new EventStream(response);
}

/** The run as it is stored. */
export async function stored({ agent, run_id, session_id }: PausedRun): Promise<Json> {
  return (await call("GET", `/agents/${agent}/runs/${run_id}?session_id=${session_id}`)).body;
}

/** Sends a continue that must change nothing, checks that it does not, and answers what it was told. */
export async function refused(paused: PausedRun, fields: object): Promise<Json> {
  const before = await stored(paused);
  const { status, body } = await answer(paused, fields);
  expect(await stored(paused)).toEqual(before);
  return { status, code: body.code, detail: body.detail };
}

/** The requirements that this query finds. */
export async function inbox(query: Record<string, string>): Promise<Json[]> {
  const { body } = await call("GET", `/requirements?${new URLSearchParams(query)}`);
  return body.data;
}
