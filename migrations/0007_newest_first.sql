-- Ids count down from here on: the newest comes first. FTS5 walks to a far place of a long list of entries forwards much faster
-- than backwards, where each step begins the index of the list anew.
DROP TRIGGER message_docs_update;
--> statement-breakpoint
UPDATE message_docs SET id = -id;
--> statement-breakpoint
UPDATE name_docs SET id = -id;
--> statement-breakpoint
INSERT INTO message_search(message_search) VALUES ('rebuild');
--> statement-breakpoint
INSERT INTO name_search(name_search) VALUES ('rebuild');
--> statement-breakpoint
CREATE TRIGGER message_docs_update AFTER UPDATE ON message_docs WHEN new.id <> old.id OR new.owner <> old.owner OR new.words <> old.words BEGIN
  INSERT INTO message_search(message_search, rowid, owner, words) VALUES ('delete', old.id, old.owner || ' s' || lower(hex(old.session_id)), old.words);
  INSERT INTO message_search(rowid, owner, words) VALUES (new.id, new.owner || ' s' || lower(hex(new.session_id)), new.words);
END;
--> statement-breakpoint
DROP TRIGGER sessions_name_insert;
--> statement-breakpoint
CREATE TRIGGER sessions_name_insert AFTER INSERT ON sessions WHEN new.name_words IS NOT NULL BEGIN
  INSERT INTO name_docs(id, session_id, owner, words)
  SELECT iif(EXISTS (SELECT 1 FROM name_docs WHERE id = base - 2047),
      (SELECT min(id) - 1 FROM name_docs WHERE id <= base AND id > base - 8388608),
      coalesce((SELECT min(id) - 1 FROM name_docs WHERE id <= base AND id > base - 2048), base)),
    new.session_id, iif(new.user_id IS NULL, '', 'u' || lower(hex(new.user_id))), new.name_words
  FROM (SELECT -2048 * (min(max(new.created_at, 0), 4398046500000) + iif(new.created_at % 1000 = 0, new.rowid % 1000, 0)) AS base);
END;
--> statement-breakpoint
DROP TRIGGER sessions_name_update;
--> statement-breakpoint
CREATE TRIGGER sessions_name_update AFTER UPDATE OF name_words, user_id ON sessions
WHEN new.name_words IS NOT old.name_words OR new.user_id IS NOT old.user_id BEGIN
  DELETE FROM name_docs WHERE session_id = new.session_id AND new.name_words IS NULL;
  UPDATE name_docs SET owner = iif(new.user_id IS NULL, '', 'u' || lower(hex(new.user_id))), words = new.name_words
  WHERE session_id = new.session_id AND new.name_words IS NOT NULL;
  INSERT INTO name_docs(id, session_id, owner, words)
  SELECT iif(EXISTS (SELECT 1 FROM name_docs WHERE id = base - 2047),
      (SELECT min(id) - 1 FROM name_docs WHERE id <= base AND id > base - 8388608),
      coalesce((SELECT min(id) - 1 FROM name_docs WHERE id <= base AND id > base - 2048), base)),
    new.session_id, iif(new.user_id IS NULL, '', 'u' || lower(hex(new.user_id))), new.name_words
  FROM (SELECT -2048 * (min(max(new.created_at, 0), 4398046500000) + iif(new.created_at % 1000 = 0, new.rowid % 1000, 0)) AS base)
  WHERE new.name_words IS NOT NULL AND NOT EXISTS (SELECT 1 FROM name_docs WHERE session_id = new.session_id);
END;
