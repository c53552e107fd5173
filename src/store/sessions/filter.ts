import { and, eq, exists, gte, inArray, isNotNull, isNull, lte, not, type SQL, sql } from "drizzle-orm";
import type { Principal } from "../../domain/principal.ts";
import type { Visibility } from "../../domain/session.ts";
import type { SessionFilter } from "../../domain/session-filter.ts";
import { fold } from "../../lib/text.ts";
import type { Database } from "../database.ts";
import { requirements, sessionLabels, sessions } from "../schema/tables.ts";
import { entryLabel, tagLabel } from "./labels.ts";
import { ofType, ownedBy } from "./sessions.ts";

/** The sessions that are meant: those that exist for the principal and pass the filter. */
export function isMeant(db: Database, principal: Principal, filter: SessionFilter): SQL | undefined {
  return and(inArray(sessions.visibility, visibilities(filter)), passes(db, principal, filter));
}

/** Where the sessions that are meant show; in each of these the indexes are in order by instant. */
export function visibilities({ archived = false }: SessionFilter): Visibility[] {
  if (archived === "all") return ["listed", "archived"];
  return archived ? ["archived"] : ["listed"];
}

/** `isMeant`, apart from where the session shows. */
export function passes(db: Database, principal: Principal, filter: SessionFilter): SQL | undefined {
  const { componentId, name, pinned, hasOpenRequirements, unnamed } = filter;
  return and(
    ownedBy(principal),
    ofType(filter.sessionType),
    componentId === undefined ? undefined : ofComponent(principal, componentId),
    name === undefined
      ? undefined
      : // Not LIKE: that folds ASCII only, reads % and _ as patterns, and D1 refuses long ones.
        sql`instr(coalesce(${sessions.nameFolded}, ${sessions.firstMessageFolded}, ''), ${fold(name)}) > 0`,
    ...labelsOf(filter).map((label) => hasLabel(db, label)),
    pinned === undefined ? undefined : pinned ? isNotNull(sessions.pinnedAt) : isNull(sessions.pinnedAt),
    hasOpenRequirements === undefined ? undefined : hasOpenRequirements ? isAsking(db) : not(isAsking(db)),
    unnamed === undefined ? undefined : unnamed ? IS_UNNAMED : isNotNull(sessions.nameSource),
    createdWithin(filter),
    updatedWithin(filter),
  );
}

export const createdWithin = ({ createdAfter, createdBefore }: SessionFilter): SQL | undefined =>
  within(sessions.createdAt, createdAfter, createdBefore);

export const updatedWithin = ({ updatedAfter, updatedBefore }: SessionFilter): SQL | undefined =>
  within(sessions.updatedAt, updatedAfter, updatedBefore);

/** As the partial index `sessions_unnamed` has it. */
export const IS_UNNAMED = and(isNull(sessions.nameSource), sql`${sessions.chatMessages} > 0`);

/** The labels that all must be there. */
export function labelsOf({ tags = [], metadata = [] }: SessionFilter): string[] {
  return [...new Set([...tags.map(tagLabel), ...metadata.map(entryLabel)])];
}

function within(
  instant: typeof sessions.createdAt | typeof sessions.updatedAt,
  after: number | undefined,
  before: number | undefined,
): SQL | undefined {
  return and(
    after === undefined ? undefined : gte(instant, after),
    before === undefined ? undefined : lte(instant, before),
  );
}

function hasLabel(db: Database, label: string): SQL {
  return exists(
    db
      .select({ one: sql`1` })
      .from(sessionLabels)
      .where(and(eq(sessionLabels.sessionId, sessions.sessionId), eq(sessionLabels.label, label))),
  );
}

function isAsking(db: Database): SQL {
  return exists(
    db
      .select({ one: sql`1` })
      .from(requirements)
      .where(and(eq(requirements.sessionId, sessions.sessionId), eq(requirements.status, "open"))),
  );
}

/** A user has fewer sessions than an agent has: with a user the plus keeps SQLite off the component's index. */
function ofComponent(principal: Principal, componentId: string): SQL {
  return principal.userId === null
    ? eq(sessions.componentId, componentId)
    : sql`+${sessions.componentId} = ${componentId}`;
}
