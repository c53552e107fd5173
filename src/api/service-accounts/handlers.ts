import { type Act, auditEntry } from "../../domain/audit.ts";
import {
  AppError,
  badRequest,
  cannotGrant,
  cannotReplaceLater,
  cannotWidenLimits,
  databaseFull,
  type Failure,
  serviceAccountEnded,
  serviceAccountExists,
  serviceAccountNotFound,
  serviceAccountRotated,
  unauthorized,
} from "../../domain/error.ts";
import { areWider, grantedExpiry, invalidScopes, privilegedScopes, scopesNotHeld } from "../../domain/granting.ts";
import { actorOf, type Credential, isConfined } from "../../domain/principal.ts";
import {
  accountSubject,
  DAY_MS,
  DEFAULT_ACCOUNT_SCOPES,
  DEFAULT_EXPIRY_DAYS,
  DEFAULT_OVERLAP_SECONDS,
  isInForce,
  renewedExpiry,
  type ServiceAccount,
} from "../../domain/service-account.ts";
import type { AppContext } from "../../http/context.ts";
import { unwrap } from "../../http/errors.ts";
import { confirmCredential, forgetServiceToken, newServiceToken } from "../../http/made-tokens.ts";
import { deploymentLimits, quotaOf } from "../../http/quota.ts";
import { scopesHeld } from "../../http/scope.ts";
import {
  findAccount,
  listAccounts,
  revokeAccount,
  type Stored,
  storeAccount,
  storeRotation,
} from "../../store/doors/service-accounts.ts";
import type { RouteDependencies } from "../shared/dependencies.ts";
import { database } from "../shared/find-session.ts";
import { newRouter } from "../shared/route.ts";
import * as contract from "./contract.ts";
import { secondsOrNull, serviceAccountJson } from "./json.ts";

/** AgentOS's routes of service accounts, and the rotation of their tokens. */
export function serviceAccountsRouter({ now, newId }: Pick<RouteDependencies, "now" | "newId">) {
  const router = newRouter();

  router.openapi(contract.createServiceAccount, async (c) => {
    const { name, scopes: asked, ...body } = c.req.valid("json");
    const credential = await requireCredential(c);
    const scopes = asked?.map(({ scope }) => scope) ?? [...DEFAULT_ACCOUNT_SCOPES];
    const wrong = whyNotGrantable(c, scopes, body.allow_privileged_scopes);
    if (wrong !== null) throw new AppError(wrong);
    const createdAt = now();
    const lifetimeMs = (body.expires_in_days ?? DEFAULT_EXPIRY_DAYS) * DAY_MS;
    const expiresAt = grantedExpiry(credential, body.never_expires ? null : createdAt + lifetimeMs);
    const { account, token } = await withToken({ name, scopes, createdAt, createdBy: credential.subject, expiresAt });
    const entry = noted(c, account, { action: "service_account.created", after: told(account) });
    const stored = await storeAccount(database(c), account, { maker: makerOf(c), entry });
    if (stored !== "stored") throw notStored(stored, serviceAccountExists(name));
    return c.json({ ...serviceAccountJson(account), token }, 201);
  });

  router.openapi(contract.listServiceAccounts, async (c) => {
    const { include_revoked: includeRevoked, limit, page, sort_by: sortBy = "", sort_order } = c.req.valid("query");
    const { accounts, total } = await listAccounts(database(c), {
      maker: makerOf(c),
      includeRevoked,
      sortBy,
      ascending: sort_order === "asc",
      limit,
      offset: (page - 1) * limit,
    });
    const meta = { page, limit, total_pages: Math.ceil(total / limit), total_count: total, search_time_ms: 0 };
    return c.json({ data: accounts.map(serviceAccountJson), meta }, 200);
  });

  router.openapi(contract.revokeServiceAccount, async (c) => {
    const account = await requireAccount(c, c.req.valid("param").service_account_id);
    const entry = noted(c, account, { action: "service_account.revoked", before: told(account) });
    const revoked = await revokeAccount(database(c), account.accountId, now(), entry);
    forgetServiceToken(c.get("config"), account.tokenHash);
    if (revoked !== "revoked") throw notStored(revoked, serviceAccountNotFound(account.accountId));
    return c.body(null, 204);
  });

  router.openapi(contract.rotateServiceAccount, async (c) => {
    const { overlap_seconds: overlapSeconds = DEFAULT_OVERLAP_SECONDS } = c.req.valid("json");
    const credential = await requireCredential(c);
    const older = await requireAccount(c, c.req.valid("param").service_account_id);
    const { name, scopes, createdBy } = older;
    const lacks = whyNotHandedOn(c, scopes);
    if (lacks !== null) throw new AppError(lacks);
    const createdAt = now();
    if (!isInForce(older, createdAt)) throw new AppError(serviceAccountEnded(name));
    // The new token would either outlive its maker, or end before the one that it replaces.
    if (grantedExpiry(credential, older.expiresAt) !== older.expiresAt) throw new AppError(cannotReplaceLater());
    const expiresAt = grantedExpiry(credential, renewedExpiry(older, createdAt));
    const { account, token } = await withToken({ name, scopes, createdAt, createdBy, expiresAt });
    const endsAt = createdAt + overlapSeconds * 1000;
    const change = { before: told(older), after: told(account), metadata: { overlap_seconds: overlapSeconds } };
    const entry = noted(c, account, { action: "service_account.rotated", ...change });
    const stored = await storeRotation(database(c), { account, older, endsAt, entry });
    forgetServiceToken(c.get("config"), older.tokenHash);
    if (stored !== "stored") throw notStored(stored, serviceAccountRotated(name));
    return c.json({ ...serviceAccountJson(account), token }, 201);
  });

  async function withToken(
    fields: Pick<ServiceAccount, "name" | "scopes" | "createdAt" | "createdBy" | "expiresAt">,
  ): Promise<{ account: ServiceAccount; token: string }> {
    const { token, hash, shown } = await newServiceToken();
    const stored = { accountId: newId(), tokenHash: hash, tokenPrefix: shown, lastUsedAt: null, revokedAt: null };
    return { account: { ...fields, ...stored }, token };
  }

  /** A token outlives the session in which a developer's machine asks for no credential. So it is not made in one, as in AgentOS. */
  async function requireCredential(c: AppContext): Promise<Credential> {
    const credential = c.get("credential");
    if (credential.caller === "development") {
      throw new AppError(unauthorized("JWT authentication is required to mint a service account."));
    }
    return unwrap(await confirmCredential(credential, { config: c.get("config"), now }));
  }

  function noted(c: AppContext, { name }: ServiceAccount, act: Omit<Act, "actor" | "target">) {
    return auditEntry({ ...act, actor: actorOf(c.get("credential")), target: accountSubject(name) }, newId(), now());
  }

  return router;
}

/** What the audit keeps of a token. */
const told = ({ accountId, scopes, expiresAt }: ServiceAccount) => ({
  id: accountId,
  scopes,
  expires_at: secondsOrNull(expiresAt),
});

/** For a confined caller only those accounts exist that it made. */
function makerOf(c: AppContext): string | null {
  const credential = c.get("credential");
  return isConfined(credential) ? credential.subject : null;
}

/** Why the caller cannot grant the scopes, in AgentOS's order; null if it can. */
function whyNotGrantable(c: AppContext, scopes: readonly string[], allowsPrivileged: boolean): Failure | null {
  const { jwtAdminScope } = c.get("config");
  const invalid = invalidScopes(scopes, jwtAdminScope);
  if (invalid.length > 0) return badRequest(`Invalid scope(s): ${invalid.join(", ")}`);
  const privileged = allowsPrivileged ? [] : privilegedScopes(scopes, jwtAdminScope);
  if (privileged.length > 0) {
    return badRequest(
      `Privileged scope(s) require allow_privileged_scopes=true: ${privileged.join(", ")}. Privileged tokens must be deliberate, never accidental.`,
    );
  }
  return whyNotHandedOn(c, scopes);
}

/** Why the caller would hand on more than it has: scopes, or wider limits, since machines have those of the deployment. */
function whyNotHandedOn(c: AppContext, scopes: readonly string[]): Failure | null {
  const lacking = scopesNotHeld(scopesHeld(c), scopes);
  if (lacking.length > 0) return cannotGrant(lacking);
  const quota = quotaOf(c);
  return quota !== null && areWider(deploymentLimits(c), quota.limits) ? cannotWidenLimits() : null;
}

async function requireAccount(c: AppContext, accountId: string): Promise<ServiceAccount> {
  const account = await findAccount(database(c), accountId, makerOf(c));
  if (account === null) throw new AppError(serviceAccountNotFound(accountId));
  return account;
}

/** A batch that D1 does not confirm may be written nevertheless, now or later. */
function notStored(stored: Exclude<Stored, "stored">, taken: Failure): AppError {
  if (stored === "taken") return new AppError(taken);
  if (stored === "full") return new AppError(databaseFull());
  const detail = "The database did not answer whether this is done. GET /service-accounts tells.";
  return new AppError({ code: "database_unavailable", detail, retryAfterSeconds: 2 });
}
