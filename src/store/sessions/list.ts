import { and, eq, getTableColumns, inArray, type SQL, sql } from "drizzle-orm";
import { MAX_LIST_BYTES } from "../../domain/limits.ts";
import type { ListedFields } from "../../domain/session.ts";
import type { SessionFilter } from "../../domain/session-fields.ts";
import { decodeCursor, encodeCursor } from "../cursor.ts";
import type { Database } from "../database.ts";
import { requirements, sessions } from "../schema/tables.ts";
import { ReadTemplate } from "../template.ts";
import { isThere, type SeenSession, type Whose } from "../visibility.ts";
import { isMeant, passes, visibilities } from "./filter.ts";
import { findShortcut, MAX_SORTED, type Shortcut } from "./shortcut.ts";

export interface SessionSort {
  by: "created_at" | "updated_at";
  order: "asc" | "desc";
}

/** Where a list goes on: the sort value and the id of the last session that was shown. */
export interface ListPosition {
  instant: number;
  sessionId: string;
}

/** A session as a list shows it. */
export type ListedSession = ListedFields & { openRequirements: number };

export interface SessionPage {
  sessions: ListedSession[];
  /** Null behind the last one. */
  nextCursor: string | null;
}

/** Counting stops here, because it takes a step for each session. */
export const MAX_COUNTED = 10_000;

/** The position that a cursor stands for; null for a text that is no cursor, or is the cursor of another order. */
export function decodeListCursor(cursor: string, sort: SessionSort): ListPosition | null {
  const [by, order, instant, sessionId, ...rest] = decodeCursor(cursor) ?? [];
  const isOfThisOrder = by === sort.by && order === sort.order && rest.length === 0;
  return isOfThisOrder && typeof instant === "number" && typeof sessionId === "string" ? { instant, sessionId } : null;
}

/** Which sessions are listed, for whom and in which order. */
export interface SessionQuery {
  principal: Whose;
  filter: SessionFilter;
  sort: SessionSort;
}

interface Walk {
  limit: number;
  from: ListPosition | { offset: number };
}

/** How many sessions a walk finds at most. */
type Stretch = { rows: number; from: Walk["from"] };

/** The sessions of the query, from a position or an offset on: at most `limit`, and at most `MAX_LIST_BYTES`. */
export async function listSessions(db: Database, query: SessionQuery, walk: Walk): Promise<SessionPage> {
  const { principal, filter, sort } = query;
  const shortcut = await findShortcut(db, principal, filter, sort.by);
  const [rows] = await db.batch([pageQuery(db, query, walk, shortcut)]);
  return pageOf(rows, query, walk);
}

/** The same with how many sessions the filter means, counted up to `MAX_COUNTED` and one more: in one trip to D1. */
export async function listCounted(
  db: Database,
  query: SessionQuery,
  walk: Walk,
): Promise<SessionPage & { counted: number }> {
  const { principal, filter, sort } = query;
  const [way, wayToCount] = await Promise.all([
    findShortcut(db, principal, filter, sort.by),
    findShortcut(db, principal, filter),
  ]);
  const [rows, [found]] = await db.batch([pageQuery(db, query, walk, way), countQuery(db, query, wayToCount)]);
  return { ...pageOf(rows, query, walk), counted: found?.count ?? 0 };
}

/** The query of a page and of the next session behind it. */
function pageQuery(db: Database, query: SessionQuery, { limit, from }: Walk, shortcut: Shortcut | null) {
  const stretch = { rows: limit + 1, from };
  const { asked, form } = split(query);
  const { sort } = query;
  return isPlain(query) && shortcut === null
    ? plainPage.bind(db, { ...asked, ...stretch }, { ...form, sort })
    : walkedPage(db, query, stretch, shortcut);
}

/** The texts of most lists are made once: those without a name or labels, of which each has others, and without a shortcut. */
const isPlain = ({ filter: { name, tags, metadata } }: SessionQuery): boolean =>
  name === undefined && tags === undefined && metadata === undefined;

type Bounds = "componentId" | "sessionType" | "createdAfter" | "createdBefore" | "updatedAfter" | "updatedBefore";
/** What is bound in the text of a list. */
type Asked = Whose & { [Bound in Bounds]: SessionFilter[Bound] };
/** What else the text hangs on. */
type Form = Omit<SessionFilter, Bounds>;

function split({ principal: { userId }, filter }: Omit<SessionQuery, "sort">): { asked: Asked; form: Form } {
  const { componentId, sessionType, createdAfter, createdBefore, updatedAfter, updatedBefore, ...form } = filter;
  return {
    asked: { userId, componentId, sessionType, createdAfter, createdBefore, updatedAfter, updatedBefore },
    form,
  };
}

const plainPage = new ReadTemplate(
  (db, { userId, rows, from, ...bounds }: Asked & Stretch, { sort, ...form }: Form & { sort: SessionSort }) =>
    walkedPage(db, { principal: { userId }, filter: { ...form, ...bounds }, sort }, { rows, from }, null),
);

const plainCount = new ReadTemplate((db, { userId, ...bounds }: Asked, form: Form) =>
  counted(db, { userId }, { ...form, ...bounds }, null),
);

function walkedPage(db: Database, query: SessionQuery, stretch: Stretch, shortcut: Shortcut | null) {
  const picked = pickedQuery(db, query, stretch, shortcut);
  const order = orderBy(query.sort, sql`instant`, sql`session_id`);
  // Ids are picked first. Then only the sessions that fit are read with their text, and the next one behind them.
  const walked = sql`(with picked as materialized (${picked})
    select session_id, instant, own, sum(own) over (order by ${order} rows unbounded preceding) as bytes from picked)`;
  return db
    .select({
      ...LISTED,
      openRequirements: openRequirementsOf(db),
      bytes: sql<number>`walked.bytes`.as("bytes"),
      instant: sql<number>`walked.instant`.as("instant"),
    })
    .from(sql`${walked} as walked`)
    .crossJoin(sessions)
    .where(and(sql`${sessions.sessionId} = walked.session_id`, sql`walked.bytes - walked.own <= ${MAX_LIST_BYTES}`));
}

type PageRow = ReturnType<typeof pageQuery>["_"]["result"][number];

function pageOf(rows: PageRow[], { sort }: SessionQuery, { limit }: Walk): SessionPage {
  // SQLite walks in order, so that the rows come in order. Only an ORDER BY would promise that, but it would sort whole rows.
  rows.sort((one, other) => one.bytes - other.bytes);
  const shown = rows.filter(({ bytes }) => bytes <= MAX_LIST_BYTES).slice(0, limit);
  const last = shown.at(-1);
  const hasMore = rows.length > shown.length && last !== undefined;
  return {
    sessions: shown.map(({ bytes: _bytes, instant: _instant, ...session }) => session),
    nextCursor: hasMore ? encodeCursor([sort.by, sort.order, last.instant, last.sessionId]) : null,
  };
}

/** A query that finds the sessions that are meant, up to a number. It runs when a job is made of them. */
export interface MeantSessions {
  /** A query of ids and instants. */
  meant: SQL;
}

/** Finds the oldest sessions that the filter means. */
export async function meantSessions(
  db: Database,
  principal: Whose,
  filter: SessionFilter,
  limit: number,
): Promise<MeantSessions> {
  const sort: SessionSort = { by: "created_at", order: "asc" };
  const shortcut = await findShortcut(db, principal, filter, sort.by);
  return { meant: pickedQuery(db, { principal, filter, sort }, { rows: limit, from: { offset: 0 } }, shortcut) };
}

function countQuery(db: Database, query: SessionQuery, shortcut: Shortcut | null) {
  const { asked, form } = split(query);
  return isPlain(query) && shortcut === null
    ? plainCount.bind(db, asked, form)
    : counted(db, query.principal, query.filter, shortcut);
}

function counted(db: Database, principal: Whose, filter: SessionFilter, shortcut: Shortcut | null) {
  const walked = principal.userId === null ? sql`${sessions}` : alongIndex(principal, filter, "created_at");
  const found = sql`select 1 from ${shortcut === null ? walked : via(shortcut)} where ${and(viaShortcut(shortcut), isMeant(db, principal, filter))}`;
  return db.select({ count: sql<number>`count(*)`.as("count") }).from(sql`(${found} limit ${MAX_COUNTED + 1})`);
}

const openOf = new ReadTemplate((db, { sessionId, userId }: Whose & { sessionId: string }, isOwn: boolean) =>
  openRequirements(db, sql`${sessionId}`, isThere(db, { sessionId, principal: isOwn ? null : { userId } })),
);

/** The query of how many things the session waits for people to do. */
export const openRequirementsQuery = (db: Database, { sessionId, principal }: SeenSession) =>
  openOf.bind(db, { sessionId, userId: principal?.userId ?? null }, principal === null);

function openRequirements(db: Database, sessionId: SQL, condition?: SQL) {
  return db
    .select({ count: sql<number>`count(*)`.as("count") })
    .from(requirements)
    .where(and(eq(requirements.sessionId, sessionId), eq(requirements.status, "open"), condition));
}

/** The columns that a list shows. */
export const LISTED = (() => {
  const { componentData, componentId, nameFolded, firstMessageFolded, nameWords, ...columns } =
    getTableColumns(sessions);
  const { nameVersion, nameUpdatedAt, nameDetails, summarizedThrough, unindexedFrom, hiddenAt, ...shown } = columns;
  const { version, fence, ...listed } = shown;
  return listed;
})();

/** How many things the session of the row waits for people to do. */
export const openRequirementsOf = (db: Database) =>
  sql<number>`(${openRequirements(db, sql`${sessions.sessionId}`)})`.as("open_requirements");

/** SQLite knows octet_length from the head of a row. For length() it would read all of a long text, to count its letters. */
const OWN_BYTES = sql`(ifnull(octet_length(${sessions.state}), 0) + ifnull(octet_length(${sessions.metadata}), 0)
  + ifnull(octet_length(${sessions.summary}), 0) + octet_length(${sessions.tags}))`;

/** The ids of a page and of the next session behind it, with their instants and sizes, in order. */
function pickedQuery(
  db: Database,
  { principal, filter, sort }: SessionQuery,
  { rows, from }: Stretch,
  shortcut: Shortcut | null,
): SQL {
  const instant = sort.by === "created_at" ? sessions.createdAt : sessions.updatedAt;
  const behind =
    "offset" in from
      ? undefined
      : sql`(${instant}, ${sessions.sessionId}) ${sql.raw(sort.order === "asc" ? ">" : "<")} (${from.instant}, ${from.sessionId})`;
  const isSorted = shortcut !== null && shortcut.size <= MAX_SORTED;
  const way = isSorted ? shortcut : null;
  const where = (places: SQL) => and(viaShortcut(way), places, passes(db, principal, filter), behind);
  const pick = (
    places: SQL,
  ) => sql`select ${sessions.sessionId} as session_id, ${instant} as instant, ${OWN_BYTES} as own
    from ${way === null ? alongIndex(principal, filter, sort.by) : via(way)} where ${where(places)}`;
  const shown = visibilities(filter);
  // For each visibility the index has a stretch in order by instant. SQLite merges two of these as it walks.
  const picks = isSorted
    ? [pick(inArray(sessions.visibility, shown))]
    : shown.map((visibility) => pick(eq(sessions.visibility, visibility)));
  const offset = "offset" in from ? from.offset : 0;
  return sql`${sql.join(picks, sql` union all `)}
    order by ${orderBy(sort, sql`instant`, sql`session_id`)} limit ${rows} offset ${offset}`;
}

/**
 * A walk along the index of one instant. The index is named, since SQLite would choose another one for a range of the other
 * instant, or for the sessions of all users, and would have to sort what it finds there.
 */
function alongIndex({ userId }: Whose, { componentId }: SessionFilter, by: SessionSort["by"]): SQL {
  // A user has fewer sessions than an agent has.
  const whose = userId !== null ? "user_" : componentId !== undefined ? "component_" : "";
  return sql`${sessions} indexed by ${sql.raw(`sessions_${whose}${by === "created_at" ? "created" : "updated"}`)}`;
}

/** SQLite keeps the order of a CROSS JOIN: first what the shortcut finds, then the session of each by its key. */
const via = (shortcut: Shortcut): SQL => sql`(${shortcut.ids}) as found cross join ${sessions}`;

const viaShortcut = (shortcut: Shortcut | null): SQL | undefined =>
  shortcut === null ? undefined : sql`${sessions.sessionId} = found.session_id`;

function orderBy({ order }: SessionSort, ...columns: SQL[]): SQL {
  const direction = sql.raw(order);
  return sql.join(
    columns.map((column) => sql`${column} ${direction}`),
    sql`, `,
  );
}
