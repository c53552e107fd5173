/** Sizes that hold everywhere. Bytes are counted as stored (UTF-8). */

export const MAX_ID_CHARS = 128;
export const MAX_MESSAGE_BYTES = 256 * 1024;
export const MAX_STATE_BYTES = 128 * 1024;
export const MAX_BODY_BYTES = 1024 * 1024;
/** A text that is kept within JSON, where a control character takes six bytes: what is said to a run that is made from another one, a person's answer. */
export const MAX_QUOTED_BYTES = 400 * 1024;
/** The messages that a run takes over from another one; with its own it stays below what an import takes as a run. */
export const MAX_PREFIX_BYTES = 3 * 1024 * 1024;
/** D1 takes six messages a statement, and 1,000 statements an invocation. */
export const MAX_PREFIX_MESSAGES = 2_000;
/** The system message of a run, with what a caller adds to it. */
export const MAX_SYSTEM_BYTES = 1024 * 1024;
/** Text, tool arguments and tool results of one run together. */
export const MAX_RUN_OUTPUT_BYTES = 1024 * 1024;
/** What the member runs of one run take, at any depth: with their tasks, states and logs. */
export const MAX_MEMBERS_BYTES = 6 * 1024 * 1024;
/** The event log of one run. */
export const MAX_RUN_EVENT_BYTES = 256 * 1024;
/** What stands in the log above that: how a run pauses and stops that has reached the limit. */
export const MAX_CLOSING_EVENT_BYTES = 32 * 1024;
export const MAX_TOOL_RESULT_BYTES = 256 * 1024;
export const MAX_WAITING_RUNS = 32;
/** The highest run index: history's cursors, and the sums of their keys, are exact below 2^31. */
export const MAX_RUN_INDEX = 2_000_000_000;
/** How far below it no further run is let in: those that wait, and the members of each, have a place still. */
export const KEPT_RUN_INDEXES = 10_000;
/** What one session object remembers of its history: many objects share one isolate's 128 MB. */
export const MAX_CACHE_BYTES = 256 * 1024;
export const MAX_NAME_CODE_POINTS = 200;
/** Requirements of one run, over all its pauses. */
export const MAX_REQUIREMENTS = 1_000;
/** Run indexes that a team's run keeps for its member runs, at most: those of a deployment's own are fewer. */
export const MAX_MEMBER_SLOTS = 1_000;
/** Tool calls of one answer of a model: more than a run's output has room for. */
export const MAX_TOOL_CALLS = 30_000;
/** What people said to them, all together. */
export const MAX_ANSWERS_BYTES = 2 * 1024 * 1024;
/** What an agent's model is told of what it is, and a team's of its members, as a deployer wrote it. */
export const MAX_INSTRUCTIONS_BYTES = 256 * 1024;
/** The name of an agent or team, and that of its model: they stand in the row of each run. */
export const MAX_COMPONENT_NAME_BYTES = 1_000;
/** The parameters of a tool that a person fills, as JSON schema: they are shown with each call. */
export const MAX_SHOWN_SCHEMA_BYTES = 64 * 1024;
/** What tokens are added up to, here and in a file that comes in. */
export const MAX_TOKENS = 1_000_000_000_000;
/** The highest count in a row, such as the tokens of one answer: a model's word for more is not believed, an import's is refused. */
export const MAX_COUNT = 1_000_000_000;
/** Models whose tokens a session's metrics keep apart. */
export const MAX_TOKEN_MODELS = 64;
/** Tags of one session. */
export const MAX_TAGS = 32;
export const MAX_TAG_CODE_POINTS = 64;
/** Tags as somebody types them: each counts once among those of a session. */
export const MAX_TYPED_TAGS = 100;
/** Elements of a list that somebody sends, where no narrower bound is known. */
export const MAX_LIST_ITEMS = 1_000;
/** Entries of a session's metadata that it can be found by, and the length of `key:value` of each. */
export const MAX_FILTERED_ENTRIES = 64;
export const MAX_FILTERED_ENTRY_BYTES = 128;
/** A hundred years. */
export const MAX_TTL_SECONDS = 3_155_760_000;
/** What a page of sessions is made of at most, however few they are; more than one session has. */
export const MAX_LIST_BYTES = 8 * 1024 * 1024;
/** One line of an import. */
export const MAX_LINE_BYTES = 8 * 1024 * 1024;
/** A row of D1 is 2 MB at most, and an id or two stand beside its text. */
export const MAX_ROW_BYTES = 1_900_000;
/** Calls of objects that one invocation has under way: the platform answers about six at a time. */
export const CALLS_AT_ONCE = 6;
