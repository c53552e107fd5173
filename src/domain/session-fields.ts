import type { JsonObject } from "./json.ts";

/**
 * The fields of a session that callers set, find sessions by, see, export and import. A field is declared here. What else
 * has to know of it does not compile until it says what it does about the field, as far as callers may do that with it:
 *
 * - `store/schema/tables.ts`: its column
 * - `store/sessions/filter.ts`: how D1 finds sessions by it
 * - `api/sessions/fields.ts`: how callers send it, ask for it in a filter, and see it
 * - `api/bulk/actions.ts`: what callers send with a bulk action that sets it
 * - `portable/record/session-record.ts`: how a line of an export holds it
 *
 * No type asks for the rest. `npm run db:generate` makes the migration of a column. `store/sessions/fork.ts` copies every
 * column that it does not name, so one that a fork must not have is named there. `store/sessions/list.ts` counts in
 * `OWN_BYTES` what is long in a row: a long text that is missing there makes pages too large.
 */

/** Where a session's name came from; null when it has none and shows its first message. */
export type NameSource = "manual" | "generated" | "fallback";

/** How a generated name, or the fallback that stands in for one, came about. */
export interface NameDetails {
  /** Null when no model was asked. */
  model: string | null;
  promptTokens: number;
  completionTokens: number;
  /** How often the model was asked. */
  attempts: number;
  /** The job that asked; null for a caller or the server itself. */
  jobId: string | null;
  /** Why the provider gave no name, as a sentence that callers may read; left out where it answered. */
  error?: string;
}

/** AgentOS's summary, as stored and shown. */
export interface SessionSummary {
  summary: string;
  topics?: string[];
  updated_at?: string;
}

/**
 * Where a session shows. A `deleted` session waits for its purge, and an `importing` one for its last line. Neither exists
 * for anybody, but their ids are taken.
 */
export type Visibility = "listed" | "archived" | "deleted" | "importing";

/** The columns that hold the fields. Instants are epoch milliseconds. */
export interface SessionFields {
  name: string | null;
  nameSource: NameSource | null;
  /** Counts the changes of the name. */
  nameVersion: number;
  nameUpdatedAt: number | null;
  /** Null for a name that a person gave. */
  nameDetails: NameDetails | null;
  state: JsonObject | null;
  metadata: JsonObject | null;
  summary: SessionSummary | null;
  /** The run index up to which, inclusive, the summary was made; null when no model made one. */
  summarizedThrough: number | null;
  tags: string[];
  visibility: Visibility;
  pinnedAt: number | null;
  archivedAt: number | null;
  /** Since when it is `deleted` or `importing`. */
  hiddenAt: number | null;
  /** How long it is kept after its last change; null: as its agent or the deployment says. */
  ttlSeconds: number | null;
}

/** The columns of a session for which nobody has set anything. */
export function blankFields(): SessionFields {
  return {
    name: null,
    nameSource: null,
    nameVersion: 0,
    nameUpdatedAt: null,
    nameDetails: null,
    state: null,
    metadata: null,
    summary: null,
    summarizedThrough: null,
    tags: [],
    visibility: "listed",
    pinnedAt: null,
    archivedAt: null,
    hiddenAt: null,
    ttlSeconds: null,
  };
}

/** What callers set, in the form in which they ask for it: at creation, by PATCH or in bulk. */
export interface SettableFields {
  /** As it was typed; `""` takes it away. */
  name: string;
  /** Null takes it away. */
  state: JsonObject | null;
  metadata: JsonObject | null;
  /** A merge patch may give only some of its members; each is of the right type. */
  summary: JsonObject | null;
  /** The whole list: tags that are not in it are taken away. */
  tags: string[];
  pinned: boolean;
  archived: boolean;
  /** Null: as its agent or the deployment says. */
  ttlSeconds: number | null;
}

export type SettableField = keyof SettableFields;

/** The fields that AgentOS does not have: they are set as a whole, and stand together wherever callers see them. */
export type DirectoryField = Exclude<SettableField, "name" | "state" | "metadata" | "summary">;

/** Some of the fields; one that is left out, or undefined, stays as it is. */
export type AskedFields = { [Field in SettableField]?: SettableFields[Field] | undefined };

/**
 * Which sessions a list shows, or a job is about. All of them exist for the caller. A field that is left
 * out does not restrict.
 */
export interface SessionFilter {
  sessionType?: "agent" | "team" | "workflow" | undefined;
  /** The agent, team or workflow that the session is one of. */
  componentId?: string | undefined;
  /** Part of the name that shows, in any case and script. */
  name?: string | undefined;
  /** Tags, all of which it has. */
  tags?: readonly string[] | undefined;
  /** `key:value` of short top-level values of its metadata, all of which it has. */
  metadata?: readonly string[] | undefined;
  /** Left out, as false: archived sessions are left out. */
  archived?: boolean | "all" | undefined;
  pinned?: boolean | undefined;
  hasOpenRequirements?: boolean | undefined;
  /** True: something was said, and it has no name; false: it has one. */
  unnamed?: boolean | undefined;
  /** Epoch milliseconds, inclusive. */
  createdAfter?: number | undefined;
  createdBefore?: number | undefined;
  updatedAfter?: number | undefined;
  updatedBefore?: number | undefined;
}

/** A name and where it came from; a null name takes the name away. */
export interface NameChange {
  name: string | null;
  source: NameSource | null;
  /** Null for a name that a person gave. */
  details: NameDetails | null;
}

/** Where a session shows, and since when. */
export type VisibilityChange = Pick<SessionFields, "visibility" | "archivedAt" | "hiddenAt">;

/** The columns of a name: they change together, by a `NameChange`. */
type NameColumn = "name" | "nameSource" | "nameVersion" | "nameUpdatedAt" | "nameDetails";

/** What a change writes of the row; a column that is left out stays as it is. */
export interface SessionPatch extends Partial<Omit<SessionFields, NameColumn | keyof VisibilityChange>> {
  name?: NameChange;
  visibility?: VisibilityChange;
}

/** The part of a patch that is written as it is given. */
export function plainColumns({ name: _name, visibility, ...columns }: SessionPatch) {
  return { ...columns, ...visibility };
}

/** The row with its columns as the patch leaves them. */
export function patchedFields<Row extends SessionFields>(row: Row, patch: SessionPatch, nowMs: number): Row {
  return {
    ...row,
    ...(patch.name !== undefined && {
      name: patch.name.name,
      nameSource: patch.name.source,
      nameVersion: row.nameVersion + 1,
      nameUpdatedAt: nowMs,
      nameDetails: patch.name.details,
    }),
    ...plainColumns(patch),
  };
}

/**
 * What setting the directory's fields writes. A session that was pinned or archived before keeps the
 * instant at which it was.
 */
export function directoryChange(row: SessionFields, asked: AskedFields, nowMs: number): SessionPatch {
  const { tags, pinned, archived, ttlSeconds } = asked;
  const changes: Record<DirectoryField, SessionPatch | false> = {
    tags: tags !== undefined && { tags },
    pinned: pinned !== undefined && { pinnedAt: pinned ? (row.pinnedAt ?? nowMs) : null },
    archived: archived !== undefined && { visibility: archivedSince(archived ? (row.archivedAt ?? nowMs) : null) },
    ttlSeconds: ttlSeconds !== undefined && { ttlSeconds },
  };
  return Object.assign({}, ...Object.values(changes));
}

/** The visibility of a session that was archived at `archivedAt`, or of one that is not archived (null). */
const archivedSince = (archivedAt: number | null): VisibilityChange => ({
  visibility: archivedAt === null ? "listed" : "archived",
  archivedAt,
  hiddenAt: null,
});

/** What a `bulk` job does, in the order in which the document names it. */
export const BULK_ACTIONS = ["rename", "tag", "archive", "unarchive", "pin", "unpin", "delete"] as const;
export type BulkAction = (typeof BULK_ACTIONS)[number];

/** What the row of a `bulk` job holds: the action, and what that needs to know. */
export interface BulkParams {
  action?: BulkAction;
  /** The new names, by the positions of the items. Only in the row, and only while the job runs. */
  values?: string[];
  addTags?: string[];
  removeTags?: string[];
}

/** A job's change of one session. Plain data: it crosses the object's boundary. */
export type BulkChange =
  /** `""` takes the name away. */
  | { action: "rename"; name: string }
  | { action: "tag"; addTags: readonly string[]; removeTags: readonly string[] }
  | { action: Exclude<BulkAction, "rename" | "tag" | "delete"> };

/**
 * The change that a job makes of one session; `value` is what the job has for this session alone, such as a name. Throws
 * where the job's row does not say what to do, so that nothing is changed.
 */
export function bulkChange(params: BulkParams, value: string | null): BulkChange | { action: "delete" } {
  const { action, addTags = [], removeTags = [] } = params;
  if (action === undefined || (action === "rename" && value === null)) {
    throw new Error("A job in bulk does not say what is to be done.");
  }
  switch (action) {
    case "rename":
      return { action, name: value ?? "" };
    case "tag":
      return { action, addTags, removeTags };
    default:
      return { action };
  }
}

/** The columns by which a change in bulk is decided. */
export const DECIDING_COLUMNS = ["name", "nameSource", "tags", "visibility", "pinnedAt"] as const;
export type DecidingColumns = Pick<SessionFields, (typeof DECIDING_COLUMNS)[number]>;

/** What a change in bulk sets. */
export function fieldsSetBy(change: BulkChange, { tags }: Pick<SessionFields, "tags">): AskedFields {
  switch (change.action) {
    case "rename":
      return { name: change.name };
    case "tag":
      return { tags: tagsAfter(tags, change) };
    case "archive":
    case "unarchive":
      return { archived: change.action === "archive" };
    case "pin":
    case "unpin":
      return { pinned: change.action === "pin" };
  }
}

/** Whether the session is as the change would leave it. */
export function isAsAsked(
  { name, nameSource, tags, visibility, pinnedAt }: DecidingColumns,
  change: BulkChange,
): boolean {
  switch (change.action) {
    case "rename":
      // A name that a model gave is given anew: from then on it is a person's.
      return change.name === "" ? nameSource === null : nameSource === "manual" && name === change.name;
    case "tag":
      return tagsAfter(tags, change).length === tags.length && change.addTags.every((tag) => tags.includes(tag));
    case "archive":
      return visibility === "archived";
    case "unarchive":
      return visibility === "listed";
    case "pin":
      return pinnedAt !== null;
    case "unpin":
      return pinnedAt === null;
  }
}

/** The session's tags in their order, without the removed ones; the added ones stand behind them. */
export function tagsAfter(
  tags: readonly string[],
  { addTags, removeTags }: { addTags: readonly string[]; removeTags: readonly string[] },
): string[] {
  return [...new Set([...tags.filter((tag) => !removeTags.includes(tag)), ...addTags])];
}
