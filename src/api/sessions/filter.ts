import { z } from "@hono/zod-openapi";
import { NO_CONTROL_PATTERN } from "../../domain/control.ts";
import {
  MAX_FILTERED_ENTRY_BYTES,
  MAX_TAG_CODE_POINTS,
  MAX_TAGS,
  MAX_TTL_SECONDS,
  MAX_TYPED_TAGS,
} from "../../domain/limits.ts";
import { boolean, boundedList, list, optionalParameter } from "../shared/common.ts";
import { instantParameter } from "../shared/instant.ts";

/** What a session is found by, in bodies and in the query of the list. */

/** How many of each a filter may name. */
export const MAX_NAMED = 10;

/** As they are typed: trimmed and checked by the rule for tags, which the document states. */
const tags = (description: string) =>
  boundedList(
    z.string().openapi({ minLength: 1, maxLength: MAX_TAG_CODE_POINTS, pattern: NO_CONTROL_PATTERN }),
    MAX_TYPED_TAGS,
  )
    .nullish()
    .openapi({ description, maxItems: MAX_TAGS, uniqueItems: true, example: ["travel", "urgent"] });

const ttlSeconds = (description: string) =>
  z.int().min(1).max(MAX_TTL_SECONDS).nullish().openapi({ description, example: 2_592_000 });

const flag = (description: string) => z.boolean().nullish().openapi({ description });

/** Of a body that creates a session, or replaces what is given. */
export const DirectoryFields = {
  tags: tags("All tags that it has then. An empty list takes them away."),
  pinned: flag("Whether it is pinned."),
  archived: flag("Whether it is left out of lists unless they ask for it."),
  ttl_seconds: ttlSeconds("How long it is kept after its last change; a merge patch with null takes it away."),
};

/** Of a merge patch. */
export const DirectoryPatch = {
  tags: tags("All tags that it has then; null takes them away."),
  pinned: flag("Whether it is pinned; null is false."),
  archived: flag("Whether it is left out of lists unless they ask for it; null is false."),
  ttl_seconds: ttlSeconds("How long it is kept after its last change; null: as its agent or the deployment says."),
};

/** Of the query of the list. */
export const DirectoryFilter = {
  tag: list(z.string(), "A tag that it has, as it was typed; repeat it for sessions that have all of them.", MAX_NAMED),
  metadata: list(
    z.string().openapi({ pattern: ":" }),
    `\`key:value\` of its metadata, where the value is text, a number, true, false or null; repeat it for sessions that have all of them. The first colon ends the key; at most ${MAX_FILTERED_ENTRY_BYTES} bytes.`,
    MAX_NAMED,
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
};
