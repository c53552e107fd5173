import { z } from "@hono/zod-openapi";
import { NO_CONTROL_PATTERN } from "../../domain/control.ts";
import type { JsonObject } from "../../domain/json.ts";
import { typedEntry, typedTag, typedTags } from "../../domain/labels.ts";
import {
  MAX_FILTERED_ENTRY_BYTES,
  MAX_NAME_CODE_POINTS,
  MAX_TAG_CODE_POINTS,
  MAX_TAGS,
  MAX_TTL_SECONDS,
  MAX_TYPED_TAGS,
} from "../../domain/limits.ts";
import type {
  AskedFields,
  DirectoryField,
  SessionFields,
  SessionFilter,
  SettableField,
  SettableFields,
} from "../../domain/session-fields.ts";
import { type Location, wrongField } from "../../http/field-errors.ts";
import { utf8Bytes } from "../../lib/text.ts";
import { instantField, instantParameter } from "../shared/instant.ts";
import { isoOrNull } from "../shared/json.ts";
import {
  bodyObject,
  boolean,
  boundedList,
  list,
  nullableObject,
  optionalField,
  optionalParameter,
} from "../shared/request-fields.ts";
import { count, isoTime } from "../shared/values.ts";

/** The fields of a session as callers send them, ask for them in a filter, and see them. */

/** The name by which callers send each field, and see it. */
const SENT_AS = {
  name: "session_name",
  state: "session_state",
  metadata: "metadata",
  summary: "summary",
  tags: "tags",
  pinned: "pinned",
  archived: "archived",
  ttlSeconds: "ttl_seconds",
} as const satisfies Record<SettableField, string>;

type SentName<Field extends SettableField = SettableField> = (typeof SENT_AS)[Field];
type Schemas<Name extends string> = Record<Name, z.ZodType>;

/** A name as it is typed: it is trimmed and checked by the rule for manual names, which the document states. */
export const typedNameField = (description: string) =>
  z
    .string()
    .openapi({ description, maxLength: MAX_NAME_CODE_POINTS, pattern: NO_CONTROL_PATTERN, example: "Trip to Kyoto" });

/** Tags as they are typed: they are trimmed and checked by the rule for tags, which the document states. */
export const typedTagList = () =>
  boundedList(
    z.string().openapi({ minLength: 1, maxLength: MAX_TAG_CODE_POINTS, pattern: NO_CONTROL_PATTERN }),
    MAX_TYPED_TAGS,
  ).nullish();

const tags = (description: string) =>
  typedTagList().openapi({ description, maxItems: MAX_TAGS, uniqueItems: true, example: ["travel", "urgent"] });

const ttlSeconds = (description: string) =>
  z.int().min(1).max(MAX_TTL_SECONDS).nullish().openapi({ description, example: 2_592_000 });

const flag = (description: string) => z.boolean().nullish().openapi({ description });

const summary = z.strictObject({
  summary: z.string(),
  topics: boundedList(z.string()).nullish(),
  updated_at: z.string().nullish(),
});

const directoryFields = {
  tags: tags("All tags that it has then. An empty list takes them away."),
  pinned: flag("Whether it is pinned."),
  archived: flag("Whether it is left out of lists unless they ask for it."),
  ttl_seconds: ttlSeconds("How long it is kept after its last change; a merge patch with null takes it away."),
} satisfies Schemas<SentName<DirectoryField>>;

/** The fields of a body that creates a session. A summary cannot be given yet. */
export const createdFields = {
  session_name: optionalField(typedNameField("A name; left out, the first message shows.")),
  session_state: bodyObject("At most 128 KB."),
  metadata: bodyObject("At most 128 KB."),
  ...directoryFields,
} satisfies Schemas<Exclude<SentName, "summary">>;

/** The fields of a plain JSON body that changes a session: each given field replaces the old value. */
export const replacedFields = {
  session_name: typedNameField("The name; empty takes it away.").nullish(),
  session_state: bodyObject("At most 128 KB."),
  metadata: bodyObject("At most 128 KB."),
  summary: optionalField(summary),
  ...directoryFields,
} satisfies Schemas<SentName>;

/** The fields of a merge patch: null takes a field away, or a member of it. */
export const mergedFields = {
  session_name: typedNameField("The name; null or empty takes it away.").nullish(),
  session_state: nullableObject("At most 128 KB once it is merged."),
  metadata: nullableObject("At most 128 KB once it is merged."),
  summary: summary.extend({ summary: z.string().nullish() }).nullish(),
  tags: tags("All tags that it has then; null takes them away."),
  pinned: flag("Whether it is pinned; null is false."),
  archived: flag("Whether it is left out of lists unless they ask for it; null is false."),
  ttl_seconds: ttlSeconds("How long it is kept after its last change; null: as its agent or the deployment says."),
} satisfies Schemas<SentName>;

/** What any of these bodies gives. Null always takes a field away here. */
type GivenFields = Partial<z.output<z.ZodObject<typeof mergedFields>>>;

/** The fields that a body sets, but for the name, which callers of this check by the rule for names. Throws the 422. */
export function askedFields({ summary, tags, pinned, archived, ...given }: GivenFields): AskedFields {
  return {
    state: given.session_state,
    metadata: given.metadata,
    summary: summary && membersOf(summary),
    tags: tags === undefined ? undefined : checkedTags(tags ?? []),
    pinned: pinned === undefined ? undefined : (pinned ?? false),
    archived: archived === undefined ? undefined : (archived ?? false),
    ttlSeconds: given.ttl_seconds,
  } satisfies { [Field in Exclude<SettableField, "name">]: SettableFields[Field] | undefined };
}

function membersOf(summary: NonNullable<GivenFields["summary"]>): JsonObject {
  const given: JsonObject = {};
  for (const [name, value] of Object.entries(summary)) {
    if (value !== undefined) given[name] = value;
  }
  return given;
}

/** Tags as a person typed them, within their limits; throws the 422. */
export function checkedTags(typed: readonly string[], field = "tags"): string[] {
  const checked = typedTags(typed);
  if (checked.ok) return checked.tags;
  throw wrongField("body", field, checked.reason, typed);
}

/** How many tags a filter may name, and how many entries of metadata. */
const MAX_FILTER_LABELS = 10;

/** The condition by which callers ask for each field of a filter. */
const ASKED_AS = {
  sessionType: "type",
  componentId: "component_id",
  name: "session_name",
  tags: "tag",
  metadata: "metadata",
  archived: "archived",
  pinned: "pinned",
  hasOpenRequirements: "has_open_requirements",
  unnamed: "unnamed",
  createdAfter: "created_after",
  createdBefore: "created_before",
  updatedAfter: "updated_after",
  updatedBefore: "updated_before",
} as const satisfies Record<keyof SessionFilter, string>;

type Condition = (typeof ASKED_AS)[keyof SessionFilter];

/** The conditions of a list's query that have the same name in a body. One that no field of a filter has does not compile. */
export const listConditions = {
  tag: list(
    z.string(),
    "A tag that it has, as it was typed; repeat it for sessions that have all of them.",
    MAX_FILTER_LABELS,
  ),
  metadata: list(
    z.string().openapi({ pattern: ":" }),
    `\`key:value\` of its metadata, where the value is text, a number, true, false or null; repeat it for sessions that have all of them. The first colon ends the key; at most ${MAX_FILTERED_ENTRY_BYTES} bytes.`,
    MAX_FILTER_LABELS,
  ),
  archived: optionalParameter(z.enum(["false", "true", "all"])).openapi({
    description: "Default false: archived sessions are left out.",
  }),
  pinned: boolean("Whether it is pinned."),
  has_open_requirements: boolean("Whether a run of it waits for people."),
  unnamed: boolean("True: something was said in it, and it has no name. False: it has one."),
  created_after: instantParameter("from", "Inclusive."),
  created_before: instantParameter("to", "Inclusive, to the end of the second."),
  updated_after: instantParameter("from", "Inclusive."),
  updated_before: instantParameter("to", "Inclusive, to the end of the second."),
} satisfies Schemas<Exclude<Condition, "type" | "component_id" | "session_name">>;

/** The same conditions in a body. None may be empty or null: a blank condition would match every session. */
export const bodyConditions = {
  tag: oneOrMany(z.string().min(1), "Tags, all of which it has."),
  metadata: oneOrMany(z.string().min(1), "`key:value` of its metadata, all of which it has."),
  archived: z
    .preprocess(
      (given) => (typeof given === "boolean" ? String(given) : given),
      z.enum(["false", "true", "all"]).optional(),
    )
    .openapi({ description: "true, false or `all`. Default false: archived sessions are left out." }),
  pinned: z.boolean().optional(),
  has_open_requirements: z.boolean().optional(),
  unnamed: z.boolean().optional(),
  created_after: instantField("from", "Inclusive."),
  created_before: instantField("to", "Inclusive, to the end of the second."),
  updated_after: instantField("from", "Inclusive."),
  updated_before: instantField("to", "Inclusive, to the end of the second."),
} satisfies Schemas<keyof typeof listConditions>;

/** A list in a body whose only element may be sent alone, as in the list's query. */
function oneOrMany(item: z.ZodString, description: string) {
  const elements = boundedList(item, MAX_FILTER_LABELS).min(1).optional();
  return z
    .preprocess((given) => (typeof given === "string" ? [given] : given), elements)
    .openapi({
      type: ["array", "string"],
      items: { type: "string", minLength: 1 },
      minItems: 1,
      maxItems: MAX_FILTER_LABELS,
      minLength: 1,
      description,
    });
}

/** The conditions that a list, or a job, is asked for with. */
type Conditions = Partial<z.output<z.ZodObject<typeof listConditions>>> & {
  type?: SessionFilter["sessionType"];
  component_id?: string | undefined;
  session_name?: string | undefined;
};

/** Where in a request the conditions stand. */
interface Place {
  at: Location;
  path: string[];
}

/** The filter that the conditions are; throws the 422. */
export function sessionFilter(given: Conditions, place: Place = { at: "query", path: [] }): SessionFilter {
  const { archived } = given;
  return {
    sessionType: given.type,
    componentId: given.component_id,
    name: given.session_name,
    tags: given.tag?.map(typedTag),
    metadata: given.metadata?.map((entry) => checkedEntry(typedEntry(entry), place)),
    archived: archived === "all" ? archived : archived === "true",
    pinned: given.pinned,
    hasOpenRequirements: given.has_open_requirements,
    unnamed: given.unnamed,
    createdAfter: given.created_after,
    createdBefore: given.created_before,
    updatedAfter: given.updated_after,
    updatedBefore: given.updated_before,
  } satisfies Record<keyof SessionFilter, unknown>;
}

/** A `key:value` that a filter looks for in the metadata; throws the 422 for one that no session can be found by. */
function checkedEntry(entry: string, { at, path }: Place): string {
  const field = [...path, "metadata"];
  if (!entry.includes(":")) throw wrongField(at, field, "give key:value", entry);
  if (utf8Bytes(entry) <= MAX_FILTERED_ENTRY_BYTES) return entry;
  throw wrongField(at, field, `give at most ${MAX_FILTERED_ENTRY_BYTES} bytes`, entry);
}

/** The directory's fields in answers, for the document. */
export const directoryShape = {
  tags: z.array(z.string()),
  pinned: z.boolean(),
  pinned_at: isoTime().nullish(),
  archived: z.boolean(),
  archived_at: isoTime().nullish(),
  ttl_seconds: count("Where it has its own: how long it is kept after its last change.").nullish(),
} satisfies Schemas<SentName<DirectoryField>> & Schemas<string>;

/** The directory's fields in answers. */
export function directoryJson(
  row: Pick<SessionFields, "tags" | "pinnedAt" | "visibility" | "archivedAt" | "ttlSeconds">,
) {
  return {
    tags: row.tags,
    pinned: row.pinnedAt !== null,
    pinned_at: isoOrNull(row.pinnedAt),
    archived: row.visibility === "archived",
    archived_at: isoOrNull(row.archivedAt),
    ttl_seconds: row.ttlSeconds,
  } satisfies Required<z.output<z.ZodObject<typeof directoryShape>>>;
}
