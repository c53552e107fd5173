/** Sizes that hold everywhere. Bytes are counted as stored (UTF-8). */

export const MAX_ID_CHARS = 128;
export const MAX_MESSAGE_BYTES = 256 * 1024;
export const MAX_STATE_BYTES = 128 * 1024;
export const MAX_BODY_BYTES = 1024 * 1024;
/** The body of a chat. Stock clients send all messages each time, of which the newest is kept. */
export const MAX_CLIENT_HISTORY_BYTES = 8 * 1024 * 1024;
/**
 * The input of a run that is made from another one, and a person's answer. Both are stored within JSON, where a control
 * character takes six bytes.
 */
export const MAX_QUOTED_BYTES = 400 * 1024;
/** The bytes of a prefix: together with the run's own messages they must fit into one run of an import. */
export const MAX_PREFIX_BYTES = 3 * 1024 * 1024;
/** The messages of a prefix. D1 takes five messages a statement, and 1,000 statements an invocation. */
export const MAX_PREFIX_MESSAGES = 2_000;
/** The system message of a run, with what its caller adds. */
export const MAX_SYSTEM_BYTES = 1024 * 1024;
/** Text, tool arguments and tool results of one run, together. */
export const MAX_RUN_OUTPUT_BYTES = 1024 * 1024;
/** The provider data of one message, and of all messages of one run. */
export const MAX_PROVIDER_DATA_BYTES = 256 * 1024;
export const MAX_RUN_PROVIDER_DATA_BYTES = 1024 * 1024;
/** The reasoning of one run that callers are shown. What comes beyond it is not shown, and ends no answer. */
export const MAX_RUN_REASONING_BYTES = 256 * 1024;
/** All member runs of one run, at any depth, with their tasks, states and logs. */
export const MAX_MEMBERS_BYTES = 6 * 1024 * 1024;
/** The reasoning and the provider data of all member runs of one run. */
export const MAX_MEMBERS_ASIDE_BYTES = 4 * 1024 * 1024;
/** The event log of one run. */
export const MAX_RUN_EVENT_BYTES = 256 * 1024;
/** What reasoning may take above that. Reasoning has room of its own, so that it never takes the answer's. */
export const MAX_REASONING_EVENT_BYTES = MAX_RUN_EVENT_BYTES / 2;
/** What the log may take above both, so that a run which reached the limit can still tell how it pauses or stops. */
export const MAX_CLOSING_EVENT_BYTES = 32 * 1024;
export const MAX_TOOL_RESULT_BYTES = 256 * 1024;
export const MAX_WAITING_RUNS = 32;
/** The highest run index. The cursors of history, and the sums of their keys, are exact only below 2^31. */
export const MAX_RUN_INDEX = 2_000_000_000;
/** No run is let in this close to the highest run index: the runs that wait, and their member runs, need the room. */
export const KEPT_RUN_INDEXES = 10_000;
/** What a model is sent of earlier runs, if its agent does not say. */
export const DEFAULT_HISTORY_BYTES = 256 * 1024;
/** The most that an agent may say, and what one session object keeps in memory. Many objects share one isolate's 128 MB. */
export const MAX_HISTORY_WINDOW_BYTES = 1024 * 1024;
/**
 * A name given by hand; a first message's line, the preview of the last message, the filter `session_name` and the names that
 * an import takes have this length too, so an export with longer names no longer comes in where it is made smaller. README and
 * docs/storage.md state it.
 */
export const MAX_NAME_CODE_POINTS = 200;
/**
 * A name from a model: its prompt, what is cut from its answer and what a guardrail may answer follow from these. Each cuts a
 * name: more words do not help one that has as many graphemes as it may have.
 */
export const MAX_NAME_WORDS = 5;
export const MAX_NAME_GRAPHEMES = 60;
/** The same limit for a name in Han, Kana, Hangul or Thai: they say more per character and are drawn wider. */
export const MAX_DENSE_NAME_GRAPHEMES = 24;
/** Requirements of one run, over all its pauses. */
export const MAX_REQUIREMENTS = 1_000;
/** How many streams of one run a confined user may have open at once. */
export const MAX_READERS = 8;
/** The same of all runs of one session: an object holds each settled run for as long as somebody reads it. */
export const MAX_SESSION_READERS = 16;
/** Run indexes that a team's run keeps for its member runs, as an import may say. Runs made here keep fewer. */
export const MAX_MEMBER_SLOTS = 1_000;
/** Tool calls of one answer of a model, in an import. A run made here has no room for so many. */
export const MAX_TOOL_CALLS = 30_000;
/** All that people answered to one run, together. */
export const MAX_ANSWERS_BYTES = 2 * 1024 * 1024;
/** The description and instructions of an agent, and what a team's leader is told of its members. */
export const MAX_INSTRUCTIONS_BYTES = 256 * 1024;
/** The name of an agent or team, and that of its model. Both are in the row of each run. */
export const MAX_COMPONENT_NAME_BYTES = 1_000;
/** The parameters of a tool that a person fills, as JSON schema. Each call is shown with them. */
export const MAX_SHOWN_SCHEMA_BYTES = 64 * 1024;
/** The highest sum of tokens, here and in an import. */
export const MAX_TOKENS = 1_000_000_000_000;
/**
 * The highest count in a row, such as the tokens of one answer. A model that reports more is not believed;
 * an import that does is refused.
 */
export const MAX_COUNT = 1_000_000_000;
/** How many models' tokens the metrics of a session, or a run, keep apart. */
export const MAX_TOKEN_MODELS = 64;
/** Tags of one session. */
export const MAX_TAGS = 32;
export const MAX_TAG_CODE_POINTS = 64;
/** Tags in one request. More than a session may have, because a tag that is repeated counts once. */
export const MAX_TYPED_TAGS = 100;
/** Elements of a list in a request, if no narrower bound holds. */
export const MAX_LIST_ITEMS = 1_000;
/** How many runs of a session a caller may name a limit of, and how many previews of runs one answer has. */
export const MAX_LISTED_RUNS = 1_000;
/** How many characters of what a run was asked, and of what it said, a preview has; as in AgentOS. */
export const PREVIEW_CHARS = 280;
/** A count of requirements stops here. */
export const MAX_COUNTED_REQUIREMENTS = 1_000;
/** How many entries of its metadata a session can be found by, and how long `key:value` of each may be. */
export const MAX_FILTERED_ENTRIES = 64;
export const MAX_FILTERED_ENTRY_BYTES = 128;
/** A hundred years. */
export const MAX_TTL_SECONDS = 3_155_760_000;
/** The rows of one page of sessions. A page that would be larger has fewer sessions, but always one. */
export const MAX_LIST_BYTES = 8 * 1024 * 1024;
/** One line of an import. */
export const MAX_LINE_BYTES = 8 * 1024 * 1024;
/** A row of D1 is 2 MB at most. Beside its text, a row holds an id or two. */
export const MAX_ROW_BYTES = 1_910_000;
/** How many objects one invocation calls at a time. The platform answers about six at a time. */
export const CALLS_AT_ONCE = 6;

/** What a token says to tools, as JSON. */
export const MAX_TOOL_CLAIMS_BYTES = 4 * 1024;
