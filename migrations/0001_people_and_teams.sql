CREATE TABLE `continuations` (
	`run_id` text NOT NULL,
	`caller` text NOT NULL,
	`user_id` text NOT NULL,
	`key` text NOT NULL,
	`session_id` text NOT NULL,
	`fields_digest` text NOT NULL,
	`from_entry` integer NOT NULL,
	PRIMARY KEY(`run_id`, `caller`, `user_id`, `key`)
);
--> statement-breakpoint
CREATE INDEX `continuations_session` ON `continuations` (`session_id`);--> statement-breakpoint
CREATE TABLE `requirements` (
	`requirement_id` text PRIMARY KEY NOT NULL,
	`session_id` text NOT NULL,
	`run_id` text NOT NULL,
	`position` integer NOT NULL,
	`member_run_id` text,
	`agent_id` text,
	`team_id` text,
	`component_name` text NOT NULL,
	`user_id` text,
	`kind` text NOT NULL,
	`status` text NOT NULL,
	`tool_call_id` text NOT NULL,
	`call` integer NOT NULL,
	`tool_name` text NOT NULL,
	`tool_args` text NOT NULL,
	`fields` text,
	`note` text,
	`answer` text,
	`answer_note` text,
	`answered_by` text,
	`answered_at` integer,
	`expires_at` integer,
	`on_expiry` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `requirements_run` ON `requirements` (`run_id`,`position`);--> statement-breakpoint
CREATE INDEX `requirements_member` ON `requirements` (`member_run_id`) WHERE "member_run_id" is not null;--> statement-breakpoint
CREATE INDEX `requirements_session` ON `requirements` (`session_id`,`status`,`expires_at`);--> statement-breakpoint
CREATE INDEX `requirements_status` ON `requirements` (`status`,`created_at`,`requirement_id`);--> statement-breakpoint
CREATE INDEX `requirements_user` ON `requirements` (`user_id`,`status`,`created_at`,`requirement_id`);--> statement-breakpoint
CREATE INDEX `requirements_agent` ON `requirements` (`agent_id`,`status`,`created_at`,`requirement_id`);--> statement-breakpoint
DROP INDEX `runs_pending`;--> statement-breakpoint
ALTER TABLE `runs` ADD `waiting` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `runs` ADD `parent_call` integer;--> statement-breakpoint
ALTER TABLE `runs` ADD `member_slots` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `runs` ADD `origin` text;--> statement-breakpoint
CREATE INDEX `runs_waiting` ON `runs` (`session_id`,`position`) WHERE "waiting" = 1;--> statement-breakpoint
ALTER TABLE `sessions` ADD `version` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `sessions` ADD `forked_from_session_id` text;