import { z } from "@hono/zod-openapi";
import { NO_CONTROL_PATTERN } from "../../domain/control.ts";
import { MAX_JOB_NAMES } from "../../domain/job.ts";
import { MAX_NAME_CODE_POINTS, MAX_TAGS } from "../../domain/limits.ts";
import type { BulkAction, BulkParams } from "../../domain/session-fields.ts";
import { wrongField } from "../../http/field-errors.ts";
import { checkedTags, typedTagList } from "../sessions/fields.ts";
import { boundedList, SessionId } from "../shared/request-fields.ts";
import type { oneGiven } from "../shared/values.ts";

// Which fields of the body go with each bulk action, and what the row of its job holds of them.

const NewName = z.strictObject({
  session_id: SessionId,
  session_name: z.string().openapi({
    description: "Empty takes the name away.",
    maxLength: MAX_NAME_CODE_POINTS,
    pattern: NO_CONTROL_PATTERN,
  }),
});

const tagList = (description: string) => typedTagList().openapi({ description, maxItems: MAX_TAGS });

/** The fields of the body that go with one action only. */
export const actionFields = {
  all: z.boolean().nullish().openapi({ description: "Needed to delete by a filter without any condition." }),
  names: boundedList(NewName, MAX_JOB_NAMES)
    .min(1)
    .nullish()
    .openapi({ description: "Of `rename`, instead of sessions: the new name of each." }),
  add_tags: tagList("Of `tag`: tags that each has then, beside its own."),
  remove_tags: tagList("Of `tag`: tags that none has then."),
};

type ActionField = keyof typeof actionFields;
type ActionFields = Partial<z.output<z.ZodObject<typeof actionFields>>>;

/** The action that each of these fields goes with, and the error for a caller who gives it with another action. */
const GOES_WITH: Record<ActionField, [action: BulkAction, otherwise: string]> = {
  names: ["rename", "names go with rename"],
  add_tags: ["tag", "tags go with tag"],
  remove_tags: ["tag", "tags go with tag"],
  all: ["delete", "all goes with delete by filter"],
};

/** A way to ask for an action, for the document: which fields it may have, and which of these it must have. */
interface Way {
  properties?: object;
  required?: ActionField[];
}

interface ActionRule {
  /** The ways to ask for the action, for sessions that are given by ids, or by a filter. */
  ways(given: "session_ids" | "filter"): Way[];
  /** What the row of the job holds beside the action; throws the 422. */
  params(fields: ActionFields): Omit<BulkParams, "action">;
}

/** An action that takes nothing but its sessions. */
const PLAIN: ActionRule = { ways: () => [{}], params: () => ({}) };

const tags = { type: "array" as const, minItems: 1, maxItems: MAX_TAGS };
const noTags = { enum: [null, []] };

/** `rename` takes names instead of sessions. */
const ACTIONS: Record<Exclude<BulkAction, "rename">, ActionRule> = {
  archive: PLAIN,
  unarchive: PLAIN,
  pin: PLAIN,
  unpin: PLAIN,
  delete: {
    ways: (given) => [given === "filter" ? { properties: { all: { type: ["boolean", "null"] } } } : {}],
    params: () => ({}),
  },
  tag: {
    ways: () => [
      { properties: { add_tags: tags, remove_tags: noTags }, required: ["add_tags"] },
      { properties: { add_tags: noTags, remove_tags: tags }, required: ["remove_tags"] },
      { properties: { add_tags: tags, remove_tags: tags }, required: ["add_tags", "remove_tags"] },
    ],
    params: ({ add_tags, remove_tags }) => tagChange(add_tags ?? [], remove_tags ?? []),
  },
};

function tagChange(add: readonly string[], remove: readonly string[]) {
  const addTags = checkedTags(add, "add_tags");
  const removeTags = checkedTags(remove, "remove_tags");
  if (addTags.length + removeTags.length === 0) {
    throw wrongField("body", "add_tags", "give add_tags or remove_tags", undefined);
  }
  const both = addTags.find((tag) => removeTags.includes(tag));
  if (both !== undefined) throw wrongField("body", "remove_tags", "a tag is added or removed, not both", both);
  return { addTags, removeTags };
}

/** Throws the 422 for a field that goes with another action. */
export function refuseOthersFields(action: BulkAction, fields: ActionFields): void {
  for (const [name, [ofAction, otherwise]] of Object.entries(GOES_WITH)) {
    if (action !== ofAction && fields[name as ActionField] != null) {
      throw wrongField("body", name, otherwise, undefined);
    }
  }
}

/** What the row of the job holds; throws the 422. */
export function paramsOf(action: keyof typeof ACTIONS, fields: ActionFields): BulkParams {
  return { action, ...ACTIONS[action].params(fields) };
}

/** The variants of the body for one way of giving sessions, for the document: one for each set of fields that go together. */
export function actionVariants({ required: [given = ""], properties }: ReturnType<typeof oneGiven>[number]) {
  const { names: _names, ...fields } = actionFields;
  const absent = Object.fromEntries(Object.keys(fields).map((name) => [name, { type: "null" as const }]));
  const variant = (actions: string[], { properties: more, required = [] }: Way) => ({
    required: [given, ...required],
    properties: { ...properties, action: { enum: actions }, ...absent, ...more },
  });
  if (given !== "session_ids" && given !== "filter") return [variant(["rename"], {})];
  const rules = Object.entries(ACTIONS);
  const plain = rules.filter(([, rule]) => rule === PLAIN).map(([action]) => action);
  const others = rules.filter(([, rule]) => rule !== PLAIN);
  return [
    variant(plain, {}),
    ...others.flatMap(([action, rule]) => rule.ways(given).map((way) => variant([action], way))),
  ];
}
