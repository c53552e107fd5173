import type { Credential, UserLimits } from "./principal.ts";
import { ADMIN_SCOPE, currentName, type HeldScopes, holdsNamed } from "./scope.ts";

// What a caller may hand on in a token that it makes: never more than it holds.

interface ScopeParts {
  resource: string;
  /** The one agent or team that it is for; null: it is for all. */
  id: string | null;
  action: string;
}

/** The parts of `resource:action` or `resource:id:action`, older names understood; null for any other text. */
export function scopeParts(scope: string): ScopeParts | null {
  const parts = currentName(scope).split(":");
  if (parts.some((part) => part === "" || /[\s\p{Cc}]/u.test(part)) || parts.length < 2 || parts.length > 3)
    return null;
  const [resource = "", second = "", third] = parts;
  return third === undefined ? { resource, id: null, action: second } : { resource, id: second, action: third };
}

/** Those of the scopes that are none. */
export const invalidScopes = (scopes: readonly string[], adminScope: string): string[] =>
  scopes.filter((scope) => scope !== adminScope && scopeParts(scope) === null);

/** What lets its holder speak for others, make tokens, or look at what others did. No end user's token may have it. */
const RESOURCES_OF_STAFF: readonly string[] = ["users", "client_tokens", "service_accounts", "audit"];

/** Those of the scopes that only staff may hold: the admin scope, the default one too, and those of staff's resources. */
export const scopesOfStaff = (scopes: readonly string[], adminScope: string): string[] =>
  scopes.filter(
    (scope) => isAdmin(scope, adminScope) || RESOURCES_OF_STAFF.includes(scopeParts(scope)?.resource ?? ""),
  );

/** Those of the scopes that a machine gets only if its maker says so: what changes, what deletes, and what staff holds. */
export function privilegedScopes(scopes: readonly string[], adminScope: string): string[] {
  const ofStaff = new Set(scopesOfStaff(scopes, adminScope));
  return scopes.filter((scope) => ofStaff.has(scope) || ["write", "delete"].includes(scopeParts(scope)?.action ?? ""));
}

const isAdmin = (scope: string, adminScope: string) => scope === adminScope || scope === ADMIN_SCOPE;

/** Those of the scopes that are not held, as they were asked for. */
export function scopesNotHeld(held: HeldScopes, scopes: readonly string[]): string[] {
  return held === "all" ? [] : scopes.filter((scope) => !covers(held, scope));
}

function covers(held: HeldScopes, scope: string): boolean {
  const parts = scopeParts(scope);
  return parts !== null && holdsNamed(held, `${parts.resource}:${parts.action}`, parts.id ?? undefined);
}

/**
 * When a token ends that this caller makes, and that is to end at this instant (null: never). What a machine makes ends with
 * it. A person's JWT lives for minutes and is renewed, so its end says nothing of how long a token may be that it makes.
 */
export function grantedExpiry<Wanted extends number | null>(
  { caller, expiresAt }: Pick<Credential, "caller" | "expiresAt">,
  wanted: Wanted,
): Wanted | number {
  if (caller === "user" || expiresAt === null) return wanted;
  return wanted === null ? expiresAt : Math.min(wanted, expiresAt);
}

/** Whether some of these limits are wider than the others; 0 is none. */
export const areWider = (limits: UserLimits, others: UserLimits): boolean =>
  Object.entries(others).some(([name, other]) => {
    const limit = limits[name as keyof UserLimits];
    return other > 0 && (limit === 0 || limit > other);
  });
