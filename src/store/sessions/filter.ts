import { and, eq, exists, gte, inArray, isNotNull, isNull, lte, not, type SQL, sql } from "drizzle-orm";
import type { Visibility } from "../../domain/session.ts";
import type { SessionFilter } from "../../domain/session-fields.ts";
import { fold } from "../../lib/text.ts";
import type { Database } from "../database.ts";
import { requirements, sessionLabels, sessions } from "../schema/tables.ts";
import { ownedBy, type Whose } from "../visibility.ts";
import { entryLabel, tagLabel } from "./labels.ts";
import { ofType } from "./sessions.ts";

/** Which sessions the filter means: those that exist for the principal and pass it. */
export function isMeant(db: Database, principal: Whose, filter: SessionFilter): SQL | undefined {
  return and(inArray(sessions.visibility, visibilities(filter)), passes(db, principal, filter));
}

/** Where the sessions that the filter means show. For each of these the indexes are in order by instant. */
export function visibilities({ archived = false }: SessionFilter): Visibility[] {
  if (archived === "all") return ["listed", "archived"];
  return archived ? ["archived"] : ["listed"];
}

/**
 * `isMeant`, apart from where the session shows. A filter that few sessions pass also wants its way into the list in
 * `shortcut.ts`: without one, a list looks at all sessions to find those few.
 */
export function passes(db: Database, principal: Whose, filter: SessionFilter): SQL | undefined {
  const { componentId, name, pinned, hasOpenRequirements, unnamed } = filter;
  const conditions: Record<keyof SessionFilter, SQL | undefined> = {
    sessionType: ofType(filter.sessionType),
    componentId: componentId === undefined ? undefined : ofComponent(principal, componentId),
    name:
      name === undefined
        ? undefined
        : // Not LIKE: that folds ASCII only, reads % and _ as patterns, and D1 refuses long ones.
          sql`instr(coalesce(${sessions.nameFolded}, ${sessions.firstMessageFolded}, ''), ${fold(name)}) > 0`,
    tags: hasLabels(db, labelsOf({ tags: filter.tags })),
    metadata: hasLabels(db, labelsOf({ metadata: filter.metadata })),
    // `visibilities` has the condition, because the indexes begin with the visibility.
    archived: undefined,
    pinned: pinned === undefined ? undefined : pinned ? isNotNull(sessions.pinnedAt) : isNull(sessions.pinnedAt),
    hasOpenRequirements:
      hasOpenRequirements === undefined ? undefined : hasOpenRequirements ? isAsking(db) : not(isAsking(db)),
    unnamed: unnamed === undefined ? undefined : unnamed ? IS_UNNAMED : isNotNull(sessions.nameSource),
    createdAfter: notBefore(sessions.createdAt, filter.createdAfter),
    createdBefore: notAfter(sessions.createdAt, filter.createdBefore),
    updatedAfter: notBefore(sessions.updatedAt, filter.updatedAfter),
    updatedBefore: notAfter(sessions.updatedAt, filter.updatedBefore),
  };
  return and(ownedBy(principal), ...Object.values(conditions));
}

export const createdWithin = ({ createdAfter, createdBefore }: SessionFilter): SQL | undefined =>
  and(notBefore(sessions.createdAt, createdAfter), notAfter(sessions.createdAt, createdBefore));

export const updatedWithin = ({ updatedAfter, updatedBefore }: SessionFilter): SQL | undefined =>
  and(notBefore(sessions.updatedAt, updatedAfter), notAfter(sessions.updatedAt, updatedBefore));

type InstantColumn = typeof sessions.createdAt | typeof sessions.updatedAt;

const notBefore = (column: InstantColumn, instant: number | undefined): SQL | undefined =>
  instant === undefined ? undefined : gte(column, instant);

const notAfter = (column: InstantColumn, instant: number | undefined): SQL | undefined =>
  instant === undefined ? undefined : lte(column, instant);

/** The condition of the partial index `sessions_unnamed`, word for word: else SQLite would not use the index. */
export const IS_UNNAMED = and(isNull(sessions.nameSource), sql`${sessions.chatMessages} > 0`);

/** The labels that a session must have, all of them. */
export function labelsOf({ tags = [], metadata = [] }: SessionFilter): string[] {
  return [...new Set([...tags.map(tagLabel), ...metadata.map(entryLabel)])];
}

function hasLabels(db: Database, labels: readonly string[]): SQL | undefined {
  const hasLabel = (label: string) =>
    exists(
      db
        .select({ one: sql`1` })
        .from(sessionLabels)
        .where(and(eq(sessionLabels.sessionId, sessions.sessionId), eq(sessionLabels.label, label))),
    );
  return and(...labels.map(hasLabel));
}

function isAsking(db: Database): SQL {
  return exists(
    db
      .select({ one: sql`1` })
      .from(requirements)
      .where(and(eq(requirements.sessionId, sessions.sessionId), eq(requirements.status, "open"))),
  );
}

/**
 * A user has fewer sessions than an agent has. So if a user is named, the plus keeps SQLite from taking the component's
 * index instead of the user's.
 */
function ofComponent(principal: Whose, componentId: string): SQL {
  return principal.userId === null
    ? eq(sessions.componentId, componentId)
    : sql`+${sessions.componentId} = ${componentId}`;
}
