import { AppError, type Failure, insufficientScope } from "../domain/error.ts";
import { type HeldScopes, heldIds, holds, type Scope } from "../domain/scope.ts";
import type { AppContext, Middleware } from "./context.ts";

/** A scope that a route needs. */
export type Need =
  /** For everything. */
  | Scope
  /** For the agent or team that this parameter of the path names; `denied` is the answer where AgentOS has another one. */
  | { scope: Scope; of: "agent_id" | "team_id"; denied?: string }
  /** For one agent or team at least: the handler answers with those for which the caller holds it. */
  | { scope: Scope; ofAny: true }
  /** One of these; the handler asks for the one that the body tells, by `requireScope`. */
  | { anyOf: readonly [Scope, ...Scope[]] };

/** What a route asks of its caller: nothing at all, a credential only, or scopes too, each of which is needed. */
export type RouteScope = "open" | "credential" | readonly [Need, ...Need[]];

/** The scopes as the document names them. */
export const scopesOf = (scope: RouteScope): Scope[] =>
  typeof scope === "string"
    ? []
    : scope.flatMap((need) => {
        if (typeof need === "string") return [need];
        return "anyOf" in need ? [...need.anyOf] : [need.scope];
      });

const declared = new WeakSet<Middleware>();

/** Whether this is the step by which a route asks for what it needs. An app with a route that lacks it does not start. */
export const asksForScope = (step: unknown): boolean => declared.has(step as Middleware);

/** The first step of a route: refuses, with the 403 that names the scope, a caller that does not hold what the route needs. */
export function routeScope(scope: RouteScope): Middleware {
  const needs = typeof scope === "string" ? [] : scope;
  const step: Middleware = async function routeScope(c, next) {
    for (const need of needs) ask(c, need);
    await next();
  };
  declared.add(step);
  return step;
}

/** Throws the 403 if the caller does not hold the scope; with an id, for that agent or team. */
export function requireScope(c: AppContext, scope: Scope, id?: string): void {
  if (!holds(scopesHeld(c), scope, id)) throw new AppError(insufficientScope([scope]));
}

export const scopesHeld = (c: AppContext): HeldScopes => c.get("credential").scopes;

function ask(c: AppContext, need: Need): void {
  const held = scopesHeld(c);
  const lack = lackOf(held, need, (name) => c.req.param(name));
  if (lack !== null) throw new AppError(lack);
}

/** Why who holds these scopes does not have what is needed; null if it has. */
function lackOf(held: HeldScopes, need: Need, parameter: (name: string) => string | undefined): Failure | null {
  if (typeof need === "string") return holds(held, need) ? null : insufficientScope([need]);
  if ("anyOf" in need) {
    return need.anyOf.some((scope) => holds(held, scope)) ? null : insufficientScope(need.anyOf.slice(0, 1));
  }
  const { scope } = need;
  if ("ofAny" in need) return holdsAny(held, scope) ? null : insufficientScope([scope]);
  return holds(held, scope, parameter(need.of)) ? null : insufficientScope([scope], need.denied);
}

function holdsAny(held: HeldScopes, scope: Scope): boolean {
  const ids = heldIds(held, scope);
  return ids === "all" || ids.size > 0;
}
