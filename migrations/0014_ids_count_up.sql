-- Ids of message docs count up from here on, so that a page of the table is full before the next one begins. The full-text index
-- keeps its order, newest first: its rowid is the id of a doc whose ids counted down, and minus the id of a doc whose id counts up. No
-- stored row changes. Whoever writes an id sees to it that no doc has minus that id; for a Worker of before, which knows of no such
-- doc, the trigger `message_docs_aside` does: the doc that is there takes the next free place of its millisecond.
DROP TRIGGER message_docs_insert;
--> statement-breakpoint
DROP TRIGGER message_docs_delete;
--> statement-breakpoint
DROP TRIGGER message_docs_update;
--> statement-breakpoint
DROP VIEW message_index;
--> statement-breakpoint
CREATE VIEW message_index AS SELECT -abs(id) AS id, owner || ' s' || lower(hex(session_id)) AS owner, words FROM message_docs;
--> statement-breakpoint
CREATE TRIGGER message_docs_insert AFTER INSERT ON message_docs BEGIN
  INSERT INTO message_search(rowid, owner, words) VALUES (-abs(new.id), new.owner || ' s' || lower(hex(new.session_id)), new.words);
END;
--> statement-breakpoint
CREATE TRIGGER message_docs_delete AFTER DELETE ON message_docs BEGIN
  INSERT INTO message_search(message_search, rowid, owner, words) VALUES ('delete', -abs(old.id), old.owner || ' s' || lower(hex(old.session_id)), old.words);
END;
--> statement-breakpoint
CREATE TRIGGER message_docs_update AFTER UPDATE ON message_docs WHEN new.id <> old.id OR new.owner <> old.owner OR new.words <> old.words BEGIN
  INSERT INTO message_search(message_search, rowid, owner, words) VALUES ('delete', -abs(old.id), old.owner || ' s' || lower(hex(old.session_id)), old.words);
  INSERT INTO message_search(rowid, owner, words) VALUES (-abs(new.id), new.owner || ' s' || lower(hex(new.session_id)), new.words);
END;
--> statement-breakpoint
CREATE TRIGGER message_docs_aside BEFORE INSERT ON message_docs WHEN new.id < 0 BEGIN
  UPDATE message_docs SET id = 1 + iif(
      max(ifnull((SELECT max(id) FROM message_docs WHERE id >= -new.id AND id < -new.id - -new.id % 2048 + 2048), -new.id),
        ifnull((SELECT -min(id) FROM message_docs WHERE id <= new.id AND id > new.id + -new.id % 2048 - 2048), -new.id))
        < -new.id - -new.id % 2048 + 2047,
      max(ifnull((SELECT max(id) FROM message_docs WHERE id >= -new.id AND id < -new.id - -new.id % 2048 + 2048), -new.id),
        ifnull((SELECT -min(id) FROM message_docs WHERE id <= new.id AND id > new.id + -new.id % 2048 - 2048), -new.id)),
      max(ifnull((SELECT max(id) FROM message_docs WHERE id >= -new.id AND id < -new.id + 8388608), -new.id),
        ifnull((SELECT -min(id) FROM message_docs WHERE id <= new.id AND id > new.id - 8388608), -new.id)))
  WHERE id = -new.id;
END;
