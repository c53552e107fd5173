/** End users of the project `doors`, whose tokens may name how much they may use; and what the ledger has of them. */
import { env } from "cloudflare:workers";
import { afterEach, expect, vi } from "vitest";
import { bearer, secondsNow, tokenFor } from "./credentials.ts";
import { type Answer, call, EventStream, newId, send } from "./http.ts";

export interface EndUser {
  id: string;
  headers: Record<string, string>;
}

export interface TokenLimits {
  concurrent_runs?: number;
  runs_per_day?: number;
  tokens_per_day?: number;
  max_sessions?: number;
}

/** A new user, whose token lasts for ten days. Limits that are left out are those of the deployment. */
export async function endUser(limits: TokenLimits = {}, id = newId()): Promise<EndUser> {
  return { id, headers: bearer(await tokenFor(id, { limits, exp: secondsNow() + 10 * 86_400 })) };
}

interface RunFields {
  session_id?: string;
  agent?: string;
  key?: string;
}

const request = (user: EndUser, message: string, { agent = "assistant", key, ...fields }: RunFields, stream: boolean) =>
  [
    "POST",
    `/agents/${agent}/runs`,
    { message, stream, session_id: newId(), ...fields },
    { ...user.headers, ...(key !== undefined && { "Idempotency-Key": key }) },
  ] as const;

/** A run that is not streamed, in a session of its own if none is named. */
export const runAs = (user: EndUser, message: string, fields: RunFields = {}): Promise<Answer> =>
  call(...request(user, message, fields, false));

export async function openAs(user: EndUser, message: string, fields: RunFields = {}): Promise<EventStream> {
  const response = await send(...request(user, message, fields, true));
  expect(response.status, await (response.ok ? "" : response.clone().text())).toBe(200);
  return new EventStream(response);
}

export const usageOf = async (user: EndUser) =>
  (await call("GET", `/users/${user.id}/usage`, undefined, user.headers)).body;

/** The user's rows of the ledger, oldest first. */
export async function ledgerOf({ id }: EndUser): Promise<{ run_id: string; tokens: number; settled: number }[]> {
  const rows = await env.DB.prepare(
    "select run_id, tokens, settled from run_usage where user_id = ? order by started_at, run_id",
  )
    .bind(id)
    .all<{ run_id: string; tokens: number; settled: number }>();
  return rows.results;
}

/** Expects that the answer says which quota is used up; answers its `Retry-After`. */
export function expectOver(answer: Answer, quota: string): number {
  expect([answer.status, answer.body.code]).toEqual([429, "quota_exceeded"]);
  const seconds = Number(answer.headers.get("Retry-After"));
  expect(answer.headers.get("RateLimit")).toBe(`"${quota}";r=0;t=${seconds}`);
  expect(answer.headers.get("RateLimit-Policy")).toMatch(new RegExp(`^"${quota}";q=\\d+`));
  return seconds;
}

/** Lets tests set the clock of handlers and objects; every test begins at the real time. */
export function settableClock(): { moveTo(epochMs: number): void } {
  afterEach(() => void vi.useRealTimers());
  return {
    moveTo: (epochMs) => {
      if (!vi.isFakeTimers()) vi.useFakeTimers({ toFake: ["Date"] });
      vi.setSystemTime(epochMs);
    },
  };
}

const DAY_MS = 86_400_000;
export const midnightAfter = (epochMs: number): number => (Math.floor(epochMs / DAY_MS) + 1) * DAY_MS;
