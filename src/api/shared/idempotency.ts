import { z } from "@hono/zod-openapi";
import { keyHolder, type Principal } from "../../domain/principal.ts";
import type { Idempotency } from "../../domain/run.ts";
import type { AppContext } from "../../http/context.ts";
import { parseFields } from "../../http/field-errors.ts";
import { canonicalJson, sha256Hex } from "../../lib/digest.ts";
import { IdempotencyKey } from "./request-fields.ts";

/** The header by which a request that is sent again is not done again. */
export const IdempotencyHeader = z.object({ "Idempotency-Key": IdempotencyKey.optional() });

/** The request's key in its scope, with a digest of the fields that make it the same request; null without a key. */
export async function readIdempotency(
  c: AppContext,
  scope: string,
  principal: Principal,
  fields: object,
): Promise<Idempotency | null> {
  const key = c.req.header("Idempotency-Key");
  if (key === undefined) return null;
  const { "Idempotency-Key": checked } = parseFields(IdempotencyHeader, { "Idempotency-Key": key }, "header");
  return {
    ...keyHolder(principal),
    agentId: scope,
    key: checked ?? key,
    fieldsDigest: await sha256Hex(canonicalJson(fields)),
  };
}
