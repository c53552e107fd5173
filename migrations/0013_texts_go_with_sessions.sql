-- What holds for `system_texts` whichever Worker writes: also that of the deploy before, which does not know the table.
-- A session's texts go with its row.
CREATE TRIGGER sessions_texts_delete AFTER DELETE ON sessions BEGIN
  DELETE FROM system_texts WHERE session_id = old.session_id;
END;
--> statement-breakpoint
-- A system message that holds its text itself is noted, so that the table says of all where they begin.
CREATE TRIGGER messages_system_insert AFTER INSERT ON messages WHEN new.role = 'system' AND new.system_text IS NULL BEGIN
  UPDATE system_texts SET first_run_index = new.run_index
  WHERE session_id = new.session_id AND text_id = '' AND first_run_index > new.run_index;
  INSERT INTO system_texts (session_id, text_id, component_id, first_run_index, content)
  SELECT new.session_id, '', '', new.run_index, ''
  WHERE NOT EXISTS (SELECT 1 FROM system_texts WHERE session_id = new.session_id AND text_id = '');
END;
--> statement-breakpoint
-- A fork that copies no texts, and not what names them, gets both from its source.
CREATE TRIGGER sessions_texts_fork AFTER INSERT ON sessions
WHEN new.forked_from_session_id IS NOT NULL AND new.system_known IS NULL BEGIN
  UPDATE messages SET system_text = (SELECT source.system_text FROM messages AS source
    WHERE source.session_id = new.forked_from_session_id
      AND source.run_index = messages.run_index AND source.message_index = messages.message_index)
  WHERE session_id = new.session_id AND role = 'system' AND content = '';
  UPDATE runs SET input_left_out = (SELECT source.input_left_out FROM runs AS source
    WHERE source.session_id = new.forked_from_session_id AND source.run_index = runs.run_index)
  WHERE session_id = new.session_id AND input = '';
  INSERT INTO system_texts (session_id, text_id, component_id, first_run_index, content)
  SELECT new.session_id, text_id, component_id, first_run_index, content FROM system_texts
  WHERE session_id = new.forked_from_session_id
    AND text_id IN (SELECT system_text FROM messages WHERE session_id = new.session_id AND system_text IS NOT NULL)
    AND NOT EXISTS (SELECT 1 FROM system_texts AS own WHERE own.session_id = new.session_id AND own.text_id = system_texts.text_id);
END;
