/** Stands in every request that asks a model for a session's name; the offline model knows one by it. */
export const NAMING_MARKER = "Name this conversation";
