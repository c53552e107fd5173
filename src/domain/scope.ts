/**
 * What a caller may be allowed, `resource:action`. AgentOS's names; `users:act` (speak for any user, or for nobody),
 * `client_tokens:write` and `audit:read` are ours. A caller may hold an agent's or a team's scope for one of them alone:
 * `agents:support:run`.
 */
export const SCOPES = [
  "config:read",
  "agents:read",
  "agents:run",
  "teams:read",
  "teams:run",
  "sessions:read",
  "sessions:write",
  "sessions:delete",
  "approvals:read",
  "approvals:write",
  "users:act",
  "client_tokens:write",
  "service_accounts:read",
  "service_accounts:write",
  "service_accounts:delete",
  "audit:read",
] as const;
export type Scope = (typeof SCOPES)[number];

/** AgentOS's admin scope: everything, unless the deployment names another (`JWT_ADMIN_SCOPE`). */
export const ADMIN_SCOPE = "agent_os:admin";

/** What a caller holds: everything (the security key, and AgentOS's admin scope), or what its credential lists. */
export type HeldScopes = "all" | readonly string[];

/** What end users hold whose token says nothing of scopes. */
export const DEFAULT_SCOPES: readonly Scope[] = [
  "agents:read",
  "agents:run",
  "teams:read",
  "teams:run",
  "sessions:read",
  "sessions:write",
  "sessions:delete",
  "approvals:read",
];

/** The scopes that a credential lists, with the admin scope of the deployment and AgentOS's older names understood. */
export function heldScopes(listed: readonly string[], adminScope: string): HeldScopes {
  if (listed.includes(adminScope)) return "all";
  return listed.map(currentName);
}

/** AgentOS has another name for `config`. */
export const currentName = (scope: string): string => scope.replace(/^system:/, "config:");

/** Whether the scope is held; with an id, for that agent or team. */
export const holds = (held: HeldScopes, scope: Scope, id?: string): boolean => holdsNamed(held, scope, id);

/** The same of a `resource:action` that a caller names, which may be none of ours. */
export function holdsNamed(held: HeldScopes, scope: string, id?: string): boolean {
  if (held === "all" || held.includes(scope)) return true;
  const [resource, action] = scope.split(":");
  const names = id === undefined ? ["*"] : ["*", id];
  return names.some((name) => held.includes(`${resource}:${name}:${action}`));
}

/** The ids for which alone the scope is held; "all" where it is held for every one. */
export function heldIds(held: HeldScopes, scope: Scope): "all" | ReadonlySet<string> {
  if (held === "all" || holds(held, scope)) return "all";
  const [resource, action] = scope.split(":");
  const [before, behind] = [`${resource}:`, `:${action}`];
  const ids = held
    .filter((one) => one.startsWith(before) && one.endsWith(behind) && one.length > before.length + behind.length)
    .map((one) => one.slice(before.length, -behind.length));
  return new Set(ids);
}
