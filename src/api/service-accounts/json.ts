import { scopeParts } from "../../domain/granting.ts";
import { accountSubject, type ServiceAccount } from "../../domain/service-account.ts";
import { epochSeconds } from "../shared/json.ts";

/** An account as AgentOS shows it, without its token. */
export function serviceAccountJson(account: ServiceAccount) {
  return {
    id: account.accountId,
    name: account.name,
    principal: accountSubject(account.name),
    user_id: account.createdBy,
    token_prefix: account.tokenPrefix,
    scopes: account.scopes.map(scopeJson),
    created_at: epochSeconds(account.createdAt),
    expires_at: secondsOrNull(account.expiresAt),
    last_used_at: secondsOrNull(account.lastUsedAt),
    revoked_at: secondsOrNull(account.revokedAt),
    created_by: account.createdBy,
  };
}

export const secondsOrNull = (epochMs: number | null) => (epochMs === null ? null : epochSeconds(epochMs));

/** The deployment's own admin scope may be a word without parts. */
function scopeJson(raw: string) {
  const { resource, id, action } = scopeParts(raw) ?? { resource: raw, id: null, action: "unknown" };
  return { id: null, raw, namespace: resource, sub_namespace: id, permission: action, value: "allow" as const };
}
