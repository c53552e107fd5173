import { matchedRoutes } from "hono/route";
import { AppError, tooManyFailures, tooManyRequests } from "../domain/error.ts";
import { type Credential, isConfined } from "../domain/principal.ts";
import type { Config } from "../env.ts";
import { withTimeout } from "../lib/abort.ts";
import { ipNetwork } from "../lib/ip-network.ts";
import { errorFields, log } from "../lib/log.ts";
import type { AppContext, Middleware } from "./context.ts";

// Brakes hold up who asks too often. The platform counts, by location and not exactly: what a user may use in a day is counted in
// D1 (`store/usage/`).

type Brake = Config["requests"];

/** The platform answers from its own memory. A brake that takes longer does not work. */
const BRAKE_TIMEOUT_MS = 1_000;

/**
 * Whether the brake lets this pass. One that is not bound, throws or hangs lets everything pass: it protects the server from a
 * few, and must not take it from everybody.
 */
async function passes(brake: Brake, key: string): Promise<boolean> {
  if (brake === null) return true;
  try {
    const late = () => new Error("the brake did not answer in time");
    return (await withTimeout(brake.limit({ key }), BRAKE_TIMEOUT_MS, late)).success;
  } catch (error) {
    log("warn", "brake.failed", errorFields(error));
    return true;
  }
}

/**
 * Brakes the step that looks at credentials: an address that shows wrong ones too often is answered 429 instead of 401. A right
 * one is never braked by this, and nor is a request that shows none.
 */
export function brakeFailures(authenticate: Middleware): Middleware {
  return async function brakeFailures(c, next) {
    try {
      return await authenticate(c, next);
    } catch (error) {
      if (isWrongCredential(error) && !(await passes(c.get("config").authFailures, addressOf(c)))) {
        throw new AppError(tooManyFailures());
      }
      throw error;
    }
  };
}

const isWrongCredential = (error: unknown): boolean =>
  error instanceof AppError && error.failure.code === "unauthorized" && error.failure.challenge !== undefined;

/** Where the request came from, as Cloudflare says. Without Cloudflare in front, all addresses are one. */
const addressOf = (c: AppContext): string => ipNetwork(c.req.header("CF-Connecting-IP") ?? "unknown");

/** The steps by which routes say that they cost that much. */
const costly = new WeakSet<Middleware>();
const costs = (step: unknown): boolean => costly.has(step as Middleware);

/**
 * Brakes every request of a confined caller, by its user. What costs a model asks the other brake at the same time, so that it
 * waits once; what that one says is told where the route says that it costs, behind the scope that may be lacking.
 */
export function brakeRequests(): Middleware {
  return async function brakeRequests(c, next) {
    const { requests, runStarts } = c.get("config");
    if (matchedRoutes(c).some(({ handler }) => costs(handler))) c.set("mayStartRun", passesUser(c, runStarts));
    await brakeUser(c, requests);
    await next();
  };
}

/** Counts what a request under way goes on to read as so many requests more of its user. Throws when one is too many. */
export async function brakeFurther(c: AppContext, requests = 1): Promise<void> {
  const brake = c.get("config").requests;
  await Promise.all(Array.from({ length: requests }, () => brakeUser(c, brake)));
}

/** Brakes what costs a model, or reads very much. */
export function brakeRunStarts(): Middleware {
  const step: Middleware = async function brakeRunStarts(c, next) {
    await brakeRunStart(c);
    await next();
  };
  costly.add(step);
  return step;
}

/** The same for a route of which only some requests cost that much. */
export async function brakeRunStart(c: AppContext): Promise<void> {
  const passing = c.get("mayStartRun") ?? passesUser(c, c.get("config").runStarts);
  if (!(await passing)) throw new AppError(tooManyRequests());
}

async function brakeUser(c: AppContext, brake: Brake): Promise<void> {
  if (!(await passesUser(c, brake))) throw new AppError(tooManyRequests());
}

async function passesUser(c: AppContext, brake: Brake): Promise<boolean> {
  // No credential is there on open paths, and the subject is null for the security key and in development.
  const credential: Credential | undefined = c.get("credential");
  if (credential === undefined || credential.subject === null || !isConfined(credential)) return true;
  return passes(brake, credential.subject);
}
