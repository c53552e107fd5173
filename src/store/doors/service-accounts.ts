import { and, asc, count, desc, eq, gt, isNull, lte, ne, notInArray, or, type SQL, sql } from "drizzle-orm";
import type { AuditEntry } from "../../domain/audit.ts";
import { accountSubject, type ServiceAccount } from "../../domain/service-account.ts";
import { commit, type NotWritten, readOrNull, type Statement } from "../commit.ts";
import { allOf, hasRow } from "../conditions.ts";
import type { Database } from "../database.ts";
import { insertNew, rowsWhere } from "../insert-rows.ts";
import { jobs, runUsage, serviceAccounts, sessions } from "../schema/tables.ts";
import { auditStatement } from "./audit.ts";

/** Whose accounts exist for a caller: those that it made itself, or all (null). */
export type Maker = string | null;

const madeBy = (maker: Maker) => (maker === null ? undefined : eq(serviceAccounts.createdBy, maker));

const inForce = (nowMs: number): SQL | undefined =>
  and(isNull(serviceAccounts.revokedAt), or(isNull(serviceAccounts.expiresAt), gt(serviceAccounts.expiresAt, nowMs)));

const isAccount = (accountId: string) => eq(serviceAccounts.accountId, accountId);

/** The account of a token. */
export async function findByTokenHash(db: Database, tokenHash: string): Promise<ServiceAccount | null> {
  const [row] = await db.select().from(serviceAccounts).where(eq(serviceAccounts.tokenHash, tokenHash));
  return row ?? null;
}

/** The account of a token of which only the beginning of the digest is known. */
export async function findByTokenId(db: Database, name: string, tokenId: string): Promise<ServiceAccount | null> {
  const isToken = sql`substr(${serviceAccounts.tokenHash}, 1, ${tokenId.length}) = ${tokenId}`;
  const [row] = await db
    .select()
    .from(serviceAccounts)
    .where(and(eq(serviceAccounts.name, name), isToken));
  return row ?? null;
}

export async function findAccount(db: Database, accountId: string, maker: Maker): Promise<ServiceAccount | null> {
  const [row] = await db
    .select()
    .from(serviceAccounts)
    .where(and(isAccount(accountId), madeBy(maker)));
  return row ?? null;
}

const SORTED_BY = {
  created_at: serviceAccounts.createdAt,
  name: serviceAccounts.name,
  last_used_at: serviceAccounts.lastUsedAt,
  expires_at: serviceAccounts.expiresAt,
};

export interface AccountList {
  maker: Maker;
  includeRevoked: boolean;
  /** Any other text than a column's counts as `created_at`, as in AgentOS. */
  sortBy: string;
  ascending: boolean;
  limit: number;
  offset: number;
}

/** A page of accounts, with how many there are in all. */
export async function listAccounts(
  db: Database,
  { maker, includeRevoked, sortBy, ascending, limit, offset }: AccountList,
): Promise<{ accounts: ServiceAccount[]; total: number }> {
  const meant = and(madeBy(maker), includeRevoked ? undefined : isNull(serviceAccounts.revokedAt));
  const column = SORTED_BY[sortBy as keyof typeof SORTED_BY] ?? serviceAccounts.createdAt;
  const order = ascending ? asc : desc;
  const [accounts, [counted]] = await db.batch([
    db
      .select()
      .from(serviceAccounts)
      .where(meant)
      .orderBy(order(column), order(serviceAccounts.accountId))
      .limit(limit)
      .offset(offset),
    db.select({ total: count() }).from(serviceAccounts).where(meant),
  ]);
  return { accounts, total: counted?.total ?? 0 };
}

/** `taken`: another token stands in the way, or the one to be replaced is not there any more. */
export type Stored = "stored" | "taken" | "full" | "unknown";

/**
 * Stores an account, with the audit's entry of it, unless a token of its name is in force. A caller for whom only its own
 * accounts exist gets no name that is not its to give.
 */
export async function storeAccount(
  db: Database,
  account: ServiceAccount,
  { maker, entry }: { maker: Maker; entry: AuditEntry },
): Promise<Stored> {
  const { name, accountId, createdAt } = account;
  const isTaken = and(eq(serviceAccounts.name, name), ne(serviceAccounts.accountId, accountId), inForce(createdAt));
  const mayStore = allOf(
    sql`not ${hasRow(db, serviceAccounts, isTaken)}`,
    maker === null ? undefined : mayGiveName(db, name, maker),
  );
  return store(db, account, [
    db
      .insert(serviceAccounts)
      .select(rowsWhere(serviceAccounts, [account], mayStore))
      .onConflictDoNothing(),
    auditStatement(db, entry, hasRow(db, serviceAccounts, isAccount(accountId))),
  ]);
}

/**
 * Whether the name is this maker's to give: somebody else's account never had it, and nothing belongs to it that an import
 * or the security key has left, unless the maker had given it before. Else the maker would own what is there.
 */
function mayGiveName(db: Database, name: string, maker: string): SQL {
  const isOfName = eq(serviceAccounts.name, name);
  const isAnothers = hasRow(db, serviceAccounts, and(isOfName, sql`${serviceAccounts.createdBy} is not ${maker}`));
  const isMakers = hasRow(db, serviceAccounts, and(isOfName, eq(serviceAccounts.createdBy, maker)));
  return sql`not ${isAnothers} and (${isMakers} or not (${ownsAnything(db, accountSubject(name))}))`;
}

/** A session counts though it is deleted, since it may be restored, and a run whose session is gone as long as its use is kept. */
function ownsAnything(db: Database, subject: string): SQL {
  const owned = [sessions, jobs, runUsage].map((table) => hasRow(db, table, sql`${table.userId} = ${subject}`));
  return sql.join(owned, sql` or `);
}

/**
 * Stores the account that replaces an older one, whose token then ends at `endsAt`, or earlier. Not if the older one is not
 * in force any more, or if a third token of the name is.
 */
export async function storeRotation(
  db: Database,
  {
    account,
    older,
    endsAt,
    entry,
  }: { account: ServiceAccount; older: ServiceAccount; endsAt: number; entry: AuditEntry },
): Promise<Stored> {
  const { name, accountId, createdAt } = account;
  const third = and(
    eq(serviceAccounts.name, name),
    notInArray(serviceAccounts.accountId, [accountId, older.accountId]),
    inForce(createdAt),
  );
  const mayReplace = and(
    hasRow(db, serviceAccounts, and(isAccount(older.accountId), inForce(createdAt))),
    sql`not ${hasRow(db, serviceAccounts, third)}`,
  );
  const isStored = hasRow(db, serviceAccounts, isAccount(accountId));
  return store(db, account, [
    ...insertNew(db, serviceAccounts, [account], mayReplace ?? sql`false`),
    auditStatement(db, entry, isStored),
    db
      .update(serviceAccounts)
      .set({ expiresAt: sql`min(coalesce(${serviceAccounts.expiresAt}, ${endsAt}), ${endsAt})` })
      .where(and(isAccount(older.accountId), isStored)),
  ]);
}

/** A batch that was sent twice changes no row the second time. So whether the account is there is read. */
async function store(db: Database, { accountId }: ServiceAccount, statements: Statement[]): Promise<Stored> {
  const [first, ...rest] = statements;
  if (first === undefined) return "taken";
  const committed = await commit(db, [first, ...rest]);
  if (committed.kind !== "written") return notWritten(committed);
  if (committed.changed[0]) return "stored";
  const read = await readOrNull(findAccount(db, accountId, null));
  if (read === null) return "unknown";
  return read.value === null ? "taken" : "stored";
}

function notWritten(committed: NotWritten): "full" | "unknown" {
  if (committed.kind === "refused") throw new Error(`D1 refused a service account: ${committed.constraint}`);
  return committed.kind;
}

/** Revokes an account; the audit gets its entry only if the account was not revoked before. */
export async function revokeAccount(
  db: Database,
  accountId: string,
  nowMs: number,
  entry: AuditEntry,
): Promise<"revoked" | "full" | "unknown"> {
  const isLeft = and(isAccount(accountId), isNull(serviceAccounts.revokedAt));
  const committed = await commit(db, [
    auditStatement(db, entry, hasRow(db, serviceAccounts, isLeft)),
    db.update(serviceAccounts).set({ revokedAt: nowMs }).where(isLeft),
  ]);
  return committed.kind === "written" ? "revoked" : notWritten(committed);
}

/** Notes that the account's token was used, unless somebody did so less than `apartMs` ago. Does not throw. */
export async function touchAccount(db: Database, accountId: string, nowMs: number, apartMs: number): Promise<void> {
  const isDue = or(isNull(serviceAccounts.lastUsedAt), lte(serviceAccounts.lastUsedAt, nowMs - apartMs));
  await commit(db, [
    db
      .update(serviceAccounts)
      .set({ lastUsedAt: nowMs })
      .where(and(isAccount(accountId), isDue)),
  ]);
}
