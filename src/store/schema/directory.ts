import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";

/** What filters of sessions look up beside the columns: tags, and short entries of metadata. */
export const sessionLabels = sqliteTable(
  "session_labels",
  {
    sessionId: text("session_id").notNull(),
    label: text("label").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.sessionId, table.label] }),
    index("session_labels_label").on(table.label, table.sessionId),
  ],
);

/**
 * The words of what people and agents said, by message; the full-text table `message_search` is an index over it, kept by
 * triggers. Ids count up in the order of time; older docs have ids below 0, which counted down. `owner` is the owner's user id as one word, "" for none.
 */
export const messageDocs = sqliteTable(
  "message_docs",
  {
    id: integer("id").primaryKey(),
    sessionId: text("session_id").notNull(),
    runIndex: integer("run_index").notNull(),
    messageIndex: integer("message_index").notNull(),
    owner: text("owner").notNull(),
    words: text("words").notNull(),
  },
  (table) => [uniqueIndex("message_docs_message").on(table.sessionId, table.runIndex, table.messageIndex)],
);

/** The words of the names that show, kept from `sessions` by triggers; `name_search` is the full-text index over it. */
export const nameDocs = sqliteTable(
  "name_docs",
  {
    id: integer("id").primaryKey(),
    sessionId: text("session_id").notNull(),
    owner: text("owner").notNull(),
    words: text("words").notNull(),
  },
  (table) => [uniqueIndex("name_docs_session").on(table.sessionId)],
);

/** Where the walks of the cron trigger go on. A walk that begins anew has no row. */
export const walks = sqliteTable("walks", {
  name: text("name").primaryKey(),
  /** The instant, and the session, of the entry that was looked at last. */
  instant: integer("instant").notNull(),
  sessionId: text("session_id").notNull(),
});
