CREATE TABLE `walks` (
	`name` text PRIMARY KEY NOT NULL,
	`instant` integer NOT NULL,
	`session_id` text NOT NULL
);
--> statement-breakpoint
DROP INDEX `sessions_ttl`;--> statement-breakpoint
DROP INDEX `sessions_unindexed`;--> statement-breakpoint
CREATE INDEX `sessions_ttl` ON `sessions` ("updated_at" + "ttl_seconds" * 1000,`session_id`) WHERE "ttl_seconds" is not null and "hidden_at" is null;--> statement-breakpoint
CREATE INDEX `sessions_unindexed` ON `sessions` (`session_id`) WHERE "unindexed_from" is not null and "hidden_at" is null;