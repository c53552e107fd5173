import { AppError, cannotGrant, clientTokensNotConfigured } from "../../domain/error.ts";
import { grantedExpiry, invalidScopes, scopesNotHeld, scopesOfStaff } from "../../domain/granting.ts";
import type { JsonObject } from "../../domain/json.ts";
import { MAX_TOOL_CLAIMS_BYTES } from "../../domain/limits.ts";
import { isReservedUser } from "../../domain/principal.ts";
import type { AppContext } from "../../http/context.ts";
import { wrongField } from "../../http/field-errors.ts";
import { MAX_TOKEN_CHARS, signClientToken } from "../../http/made-tokens.ts";
import { scopesHeld } from "../../http/scope.ts";
import { utf8Bytes } from "../../lib/text.ts";
import type { RouteDependencies } from "../shared/dependencies.ts";
import { epochSeconds } from "../shared/json.ts";
import { newRouter } from "../shared/route.ts";
import { createClientToken, DEFAULT_SECONDS } from "./contract.ts";

/** Tokens that a backend hands to its users' browsers. */
export function clientTokensRouter({ now, newId }: Pick<RouteDependencies, "now" | "newId">) {
  const router = newRouter();

  router.openapi(createClientToken, async (c) => {
    const { user_id: userId, claims, limits, ...asked } = c.req.valid("json");
    const { clientTokenSecret: secret, osId, jwtDefaultScopes } = c.get("config");
    if (isReservedUser(userId)) throw wrongField("body", "user_id", "this id is reserved", userId);
    checkClaims(claims);
    const scopes = asked.scopes ?? jwtDefaultScopes;
    checkScopes(c, scopes);
    if (secret === null) throw new AppError(clientTokensNotConfigured());
    const lifetimeMs = (asked.expires_in_seconds ?? DEFAULT_SECONDS) * 1000;
    const expiresAt = epochSeconds(grantedExpiry(c.get("credential"), now() + lifetimeMs));
    const token = await signClientToken(secret, osId, {
      userId,
      scopes,
      limits: given(limits),
      claims: claims ?? null,
      expiresAt,
      tokenId: newId(),
    });
    // One that nobody takes is none: its bearer would be refused, and the backend not told.
    if (token.length > MAX_TOKEN_CHARS) {
      throw wrongField("body", "scopes", `the token would be longer than ${MAX_TOKEN_CHARS} characters`, undefined);
    }
    return c.json({ token, user_id: userId, scopes: [...scopes], expires_at: expiresAt }, 201);
  });

  return router;
}

function checkClaims(claims: JsonObject | undefined): void {
  if (claims === undefined || utf8Bytes(JSON.stringify(claims)) <= MAX_TOOL_CLAIMS_BYTES) return;
  throw wrongField("body", "claims", `claims have ${MAX_TOOL_CLAIMS_BYTES} bytes at most`, undefined);
}

/** Throws the 422 for what is no scope, or none of an end user's, and the 403 for what the caller does not hold. */
function checkScopes(c: AppContext, scopes: readonly string[]): void {
  const { jwtAdminScope } = c.get("config");
  const invalid = invalidScopes(scopes, jwtAdminScope);
  if (invalid.length > 0) throw wrongField("body", "scopes", `these are no scopes: ${invalid.join(", ")}`, undefined);
  const ofStaff = scopesOfStaff(scopes, jwtAdminScope);
  if (ofStaff.length > 0) {
    throw wrongField("body", "scopes", `a client token never gets: ${ofStaff.join(", ")}`, undefined);
  }
  const lacking = scopesNotHeld(scopesHeld(c), scopes);
  if (lacking.length > 0) throw new AppError(cannotGrant(lacking));
}

/** The limits that are set; null if none is. */
function given(limits: Record<string, number | undefined> | null | undefined): JsonObject | null {
  const set = Object.entries(limits ?? {}).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  return set.length === 0 ? null : Object.fromEntries(set);
}
