-- What holds for runs that the Worker of the deploy before makes from a run whose texts are stored once: it copies that run's messages
-- and input as it finds them, which is without the texts. They then say where the texts are.
CREATE TRIGGER messages_system_again AFTER INSERT ON messages
WHEN new.role = 'system' AND new.content = '' AND new.system_text IS NULL BEGIN
  UPDATE messages SET system_text = (SELECT source.system_text FROM runs AS made
    JOIN runs AS first ON first.run_id = made.origin ->> '$.runId' AND first.session_id = made.session_id
    JOIN messages AS source ON source.session_id = first.session_id AND source.run_index = first.run_index
      AND source.message_index = new.message_index AND source.role = 'system'
    WHERE made.run_id = new.run_id)
  WHERE session_id = new.session_id AND run_index = new.run_index AND message_index = new.message_index;
END;
--> statement-breakpoint
CREATE TRIGGER runs_input_again AFTER INSERT ON runs
WHEN new.input = '' AND new.input_left_out IS NULL AND new.origin ->> '$.type' IN ('regenerated', 'continued') BEGIN
  UPDATE runs SET input_left_out = 1 WHERE run_id = new.run_id;
END;
