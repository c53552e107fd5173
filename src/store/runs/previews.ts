import { and, asc, desc, eq, isNull, or, type SQL, sql } from "drizzle-orm";
import { PREVIEW_CHARS } from "../../domain/limits.ts";
import type { RequirementKind } from "../../domain/requirement.ts";
import type { RunPreview } from "../../domain/run.ts";
import type { SessionType } from "../../domain/session.ts";
import type { Database } from "../database.ts";
import { RUN_INPUT } from "../run-rows.ts";
import { messages, requirements, runs, sessions } from "../schema/tables.ts";
import { ofType } from "../sessions/sessions.ts";
import { isThere, type SeenSession } from "../visibility.ts";
import { beforeQuery } from "./newest-runs.ts";
import { listedRuns, type RunFilter } from "./run-filter.ts";

export interface Previews {
  hasSession: boolean;
  /** How many runs the session has had; a filter looks at all of them. */
  runsInSession: number;
  /** Whether the session has the run that the filter names; true if it names none. */
  hasBefore: boolean;
  /** In the order of a list. */
  runs: RunPreview[];
}

/** The newest `limit` runs of the filter, in one trip to D1. No event log is read. */
export async function newestPreviews(
  db: Database,
  session: SeenSession & { type: SessionType | undefined },
  filter: RunFilter,
  limit: number,
): Promise<Previews> {
  const { createdAt, runId, runIndex } = runs;
  const { sessionId, type } = session;
  const [found, named, waiting, started] = await db.batch([
    db
      .select({ runs: sessions.nextRunIndex })
      .from(sessions)
      .where(and(eq(sessions.sessionId, sessionId), isThere(db, session), ofType(type)))
      .limit(1),
    beforeQuery(db, session, filter),
    previews(db)
      .where(listedRuns(db, session, filter, false))
      .orderBy(desc(createdAt), desc(runId))
      .limit(limit),
    previews(db)
      .where(listedRuns(db, session, filter, true))
      .orderBy(desc(runIndex))
      .limit(limit),
  ]);
  const newestFirst = [...waiting, ...started].slice(0, limit);
  return {
    hasSession: found.length > 0,
    runsInSession: found[0]?.runs ?? 0,
    hasBefore: filter.before === undefined || named.length > 0,
    runs: newestFirst.reverse().map(({ said, waitsFor, ...run }) => ({
      ...run,
      said: said ?? "",
      waitsFor: (waitsFor?.split(",") ?? []) as RequirementKind[],
    })),
  };
}

function previews(db: Database) {
  const { runId, parentRunId, agentId, teamId, userId, status, error, createdAt } = runs;
  return db
    .select({
      runId,
      parentRunId,
      agentId,
      teamId,
      userId,
      status,
      error,
      createdAt,
      input: sql<string>`substr(${RUN_INPUT}, 1, ${PREVIEW_CHARS})`.as("asked"),
      said: firstWords(db).as("said"),
      waitsFor: sql<string | null>`iif(${status} = 'PAUSED', ${kindsOpen(db)}, null)`.as("waits_for"),
    })
    .from(runs)
    .$dynamic();
}

/** The beginning of all that the run said. SQLite tells an empty text without reading it, and stops when it has enough of them. */
function firstWords(db: Database): SQL<string | null> {
  const texts = db
    .select({ text: sql`substr(${messages.content}, 1, ${PREVIEW_CHARS})`.as("text"), at: messages.messageIndex })
    .from(messages)
    .where(
      and(
        eq(messages.sessionId, runs.sessionId),
        eq(messages.runIndex, runs.runIndex),
        sql`${messages.messageIndex} >= ${runs.inputMessages}`,
        eq(messages.role, "assistant"),
        sql`octet_length(${messages.content}) > 0`,
      ),
    )
    .orderBy(asc(messages.messageIndex))
    .limit(PREVIEW_CHARS);
  return sql<string | null>`(select substr(group_concat(text, ''), 1, ${PREVIEW_CHARS}) from ${texts})`;
}

function kindsOpen(db: Database): SQL {
  const asks = or(
    and(eq(requirements.runId, runs.runId), isNull(requirements.memberRunId)),
    eq(requirements.memberRunId, runs.runId),
  );
  const kinds = db
    .select({ kinds: sql`group_concat(distinct ${requirements.kind})` })
    .from(requirements)
    .where(and(eq(requirements.status, "open"), asks));
  return sql`${kinds}`;
}
