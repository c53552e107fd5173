/** Stands in every request that asks a model for a session's summary; the offline model knows one by it. */
export const SUMMARY_MARKER = "Summarize this conversation";
/** Where the request holds its data: the summary so far, and what was said since. */
export const SUMMARY_TAG = "summary";
export const CONVERSATION_TAG = "conversation";
