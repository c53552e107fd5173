import { authUnavailable, invalidCredential } from "../domain/error.ts";
import { fail, type Outcome, ok } from "../domain/outcome.ts";
import type { Credential } from "../domain/principal.ts";
import { heldScopes } from "../domain/scope.ts";
import { accountName, accountSubject, isInForce, type ServiceAccount } from "../domain/service-account.ts";
import type { Config } from "../env.ts";
import { readOrNull } from "../store/commit.ts";
import { openDatabase } from "../store/database.ts";
import { findByTokenHash, findByTokenId, touchAccount } from "../store/doors/service-accounts.ts";
import type { CheckContext, Form } from "./form.ts";
import { isServiceToken, SERVICE_TOKEN_PREFIX, serviceTokenHash } from "./service-token.ts";

/** For so long an isolate believes what it has read of an account, revoked or not. */
const CACHED_MS = 30_000;
const MAX_CACHED = 2_048;
/** How far apart uses of a token are that are noted. */
const NOTED_APART_MS = 60_000;

interface Known {
  account: ServiceAccount;
  readAt: number;
  /** When this isolate last noted that the token was used. */
  notedAt: number;
}

/** What an isolate knows of a deployment's accounts. */
interface Accounts {
  /** By the digest of their tokens; the one used least lately is first. */
  byHash: Map<string, Known>;
  /** How many accounts were forgotten. A read that began before the last of these may lack that account's end: it is not kept. */
  forgotten: number;
}

const known = new WeakMap<Config, Accounts>();

function knownOf(config: Config): Accounts {
  const accounts = known.get(config) ?? { byHash: new Map<string, Known>(), forgotten: 0 };
  known.set(config, accounts);
  return accounts;
}

/** The token of a service account. */
export const SERVICE_TOKEN: Form = {
  isIn: (place) => place === "authorization",
  fits: (text) => text.startsWith(SERVICE_TOKEN_PREFIX),
  check: verifyServiceToken,
};

async function verifyServiceToken(token: string, context: CheckContext): Promise<Outcome<Credential>> {
  if (!isServiceToken(token)) return unknownToken;
  const { config } = context;
  const now = context.now();
  const hash = await serviceTokenHash(token);
  const found = await findKnown(hash, config, now);
  if (found === null) return fail(authUnavailable());
  if (found === "none" || !isInForce(found.account, now)) return unknownToken;
  noteUse(found, now, context);
  const { account } = found;
  return ok({
    caller: accountSubject(account.name),
    subject: accountSubject(account.name),
    scopes: heldScopes(account.scopes, config.jwtAdminScope),
    expiresAt: account.expiresAt,
    tokenId: hash.slice(0, 12),
    actingAs: null,
    claims: null,
    sessionId: null,
    limits: null,
  });
}

/**
 * The credential as D1 has it now. An isolate may not know yet that a service account's token has ended: what is made with it
 * in these seconds would stay.
 */
export async function confirmCredential(
  credential: Credential,
  { config, now }: Pick<CheckContext, "config" | "now">,
): Promise<Outcome<Credential>> {
  const name = accountName(credential.caller);
  if (name === null) return ok(credential);
  const read = await readOrNull(findByTokenId(openDatabase(config.db), name, credential.tokenId ?? ""));
  if (read === null) return fail(authUnavailable());
  const account = read.value;
  return account === null || !isInForce(account, now())
    ? unknownToken
    : ok({ ...credential, expiresAt: account.expiresAt });
}

/** Forgets the account of a token whose end was just written: this isolate then refuses it at once, others within 30 s. */
export function forgetServiceToken(config: Config, tokenHash: string): void {
  const accounts = knownOf(config);
  accounts.byHash.delete(tokenHash);
  accounts.forgotten += 1;
}

const unknownToken = fail(invalidCredential("Invalid or expired service account token"));

/** The account, as this isolate knows it or as D1 has it; null where D1 does not answer. What is not in force is not kept. */
async function findKnown(hash: string, config: Config, nowMs: number): Promise<Known | "none" | null> {
  const accounts = knownOf(config);
  const before = accounts.byHash.get(hash);
  if (before !== undefined && nowMs - before.readAt < CACHED_MS) {
    keep(accounts, hash, before);
    return before;
  }
  const { forgotten } = accounts;
  const read = await readOrNull(findByTokenHash(openDatabase(config.db), hash));
  if (read === null) return null;
  accounts.byHash.delete(hash);
  const account = read.value;
  if (account === null) return "none";
  const found: Known = { account, readAt: nowMs, notedAt: Math.max(before?.notedAt ?? 0, account.lastUsedAt ?? 0) };
  if (isInForce(account, nowMs) && accounts.forgotten === forgotten) keep(accounts, hash, found);
  return found;
}

function keep({ byHash }: Accounts, hash: string, account: Known): void {
  byHash.delete(hash);
  byHash.set(hash, account);
  const [oldest] = byHash.keys();
  if (byHash.size > MAX_CACHED && oldest !== undefined) byHash.delete(oldest);
}

function noteUse(found: Known, now: number, { config, keepAlive }: CheckContext): void {
  if (now - found.notedAt < NOTED_APART_MS) return;
  found.notedAt = now;
  keepAlive(touchAccount(openDatabase(config.db), found.account.accountId, now, NOTED_APART_MS));
}
