-- Full-text indexes over `message_docs` and `name_docs`, whose words are made by src/lib/search-words.ts: the tokenizer only
-- has to take them apart. What is deleted leaves nothing behind in them ('secure-delete'). Of a message the session is one
-- word beside its owner, so that a search in one session reads nothing of others.
CREATE VIEW message_index AS SELECT id, owner || ' s' || lower(hex(session_id)) AS owner, words FROM message_docs;
--> statement-breakpoint
CREATE VIRTUAL TABLE message_search USING fts5(owner, words, content='message_index', content_rowid='id', tokenize='ascii', columnsize=0);
--> statement-breakpoint
INSERT INTO message_search(message_search, rank) VALUES ('secure-delete', 1);
--> statement-breakpoint
CREATE TRIGGER message_docs_insert AFTER INSERT ON message_docs BEGIN
  INSERT INTO message_search(rowid, owner, words) VALUES (new.id, new.owner || ' s' || lower(hex(new.session_id)), new.words);
END;
--> statement-breakpoint
CREATE TRIGGER message_docs_delete AFTER DELETE ON message_docs BEGIN
  INSERT INTO message_search(message_search, rowid, owner, words) VALUES ('delete', old.id, old.owner || ' s' || lower(hex(old.session_id)), old.words);
END;
--> statement-breakpoint
CREATE TRIGGER message_docs_update AFTER UPDATE ON message_docs WHEN new.id <> old.id OR new.owner <> old.owner OR new.words <> old.words BEGIN
  INSERT INTO message_search(message_search, rowid, owner, words) VALUES ('delete', old.id, old.owner || ' s' || lower(hex(old.session_id)), old.words);
  INSERT INTO message_search(rowid, owner, words) VALUES (new.id, new.owner || ' s' || lower(hex(new.session_id)), new.words);
END;
--> statement-breakpoint
CREATE VIRTUAL TABLE name_search USING fts5(owner, words, content='name_docs', content_rowid='id', tokenize='ascii', columnsize=0);
--> statement-breakpoint
INSERT INTO name_search(name_search, rank) VALUES ('secure-delete', 1);
--> statement-breakpoint
CREATE TRIGGER name_docs_insert AFTER INSERT ON name_docs BEGIN
  INSERT INTO name_search(rowid, owner, words) VALUES (new.id, new.owner, new.words);
END;
--> statement-breakpoint
CREATE TRIGGER name_docs_delete AFTER DELETE ON name_docs BEGIN
  INSERT INTO name_search(name_search, rowid, owner, words) VALUES ('delete', old.id, old.owner, old.words);
END;
--> statement-breakpoint
CREATE TRIGGER name_docs_update AFTER UPDATE ON name_docs WHEN new.owner <> old.owner OR new.words <> old.words BEGIN
  INSERT INTO name_search(name_search, rowid, owner, words) VALUES ('delete', old.id, old.owner, old.words);
  INSERT INTO name_search(rowid, owner, words) VALUES (new.id, new.owner, new.words);
END;
--> statement-breakpoint
-- The ids of `name_docs` order by the sessions' creation: 2,048 in a millisecond; whole seconds, which imports have, are spread, and
-- what is more than that goes into the seconds behind.
CREATE TRIGGER sessions_name_insert AFTER INSERT ON sessions WHEN new.name_words IS NOT NULL BEGIN
  INSERT INTO name_docs(id, session_id, owner, words)
  SELECT iif(EXISTS (SELECT 1 FROM name_docs WHERE id = base + 2047),
      (SELECT max(id) + 1 FROM name_docs WHERE id >= base AND id < base + 8388608),
      coalesce((SELECT max(id) + 1 FROM name_docs WHERE id >= base AND id < base + 2048), base)),
    new.session_id, iif(new.user_id IS NULL, '', 'u' || lower(hex(new.user_id))), new.name_words
  FROM (SELECT 2048 * (min(max(new.created_at, 0), 4398046500000) + iif(new.created_at % 1000 = 0, new.rowid % 1000, 0)) AS base);
END;
--> statement-breakpoint
CREATE TRIGGER sessions_name_update AFTER UPDATE OF name_words, user_id ON sessions
WHEN new.name_words IS NOT old.name_words OR new.user_id IS NOT old.user_id BEGIN
  DELETE FROM name_docs WHERE session_id = new.session_id AND new.name_words IS NULL;
  UPDATE name_docs SET owner = iif(new.user_id IS NULL, '', 'u' || lower(hex(new.user_id))), words = new.name_words
  WHERE session_id = new.session_id AND new.name_words IS NOT NULL;
  INSERT INTO name_docs(id, session_id, owner, words)
  SELECT iif(EXISTS (SELECT 1 FROM name_docs WHERE id = base + 2047),
      (SELECT max(id) + 1 FROM name_docs WHERE id >= base AND id < base + 8388608),
      coalesce((SELECT max(id) + 1 FROM name_docs WHERE id >= base AND id < base + 2048), base)),
    new.session_id, iif(new.user_id IS NULL, '', 'u' || lower(hex(new.user_id))), new.name_words
  FROM (SELECT 2048 * (min(max(new.created_at, 0), 4398046500000) + iif(new.created_at % 1000 = 0, new.rowid % 1000, 0)) AS base)
  WHERE new.name_words IS NOT NULL AND NOT EXISTS (SELECT 1 FROM name_docs WHERE session_id = new.session_id);
END;
--> statement-breakpoint
CREATE TRIGGER sessions_name_delete AFTER DELETE ON sessions BEGIN
  DELETE FROM name_docs WHERE session_id = old.session_id;
END;
--> statement-breakpoint
-- What is there already is indexed by the sessions' own objects, woken by the cron trigger.
UPDATE sessions SET unindexed_from = 0 WHERE next_run_index > 0 OR name IS NOT NULL;
--> statement-breakpoint
-- The labels of the metadata that is there already, as src/store/session-labels.ts makes them.
INSERT OR IGNORE INTO session_labels (session_id, label)
SELECT session_id, label FROM (
  SELECT session_id, label, row_number() OVER (PARTITION BY session_id ORDER BY id) AS nth FROM (
    SELECT sessions.session_id, entry.id,
      '=' || entry.key || ':' || CASE WHEN entry.type IN ('true', 'false', 'null') THEN entry.type ELSE entry.atom END AS label
    FROM sessions, json_each(sessions.metadata) AS entry
    WHERE sessions.metadata IS NOT NULL AND entry.type NOT IN ('object', 'array')
  ) WHERE octet_length(label) <= 129
) WHERE nth <= 64;
