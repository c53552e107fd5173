CREATE TABLE `job_items` (
	`job_id` text NOT NULL,
	`position` integer NOT NULL,
	`session_id` text NOT NULL,
	`status` text NOT NULL,
	`outcome` text,
	`reason` text,
	`attempts` integer DEFAULT 0 NOT NULL,
	`prompt_tokens` integer DEFAULT 0 NOT NULL,
	`completion_tokens` integer DEFAULT 0 NOT NULL,
	`touched_at` integer NOT NULL,
	PRIMARY KEY(`job_id`, `position`)
);
--> statement-breakpoint
CREATE INDEX `job_items_open` ON `job_items` (`job_id`,`position`) WHERE "status" <> 'done';--> statement-breakpoint
CREATE INDEX `job_items_session` ON `job_items` (`session_id`);--> statement-breakpoint
CREATE TABLE `jobs` (
	`job_id` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`user_id` text,
	`params` text NOT NULL,
	`status` text NOT NULL,
	`stop_reason` text,
	`total` integer NOT NULL,
	`succeeded` integer DEFAULT 0 NOT NULL,
	`fallback` integer DEFAULT 0 NOT NULL,
	`skipped` integer DEFAULT 0 NOT NULL,
	`failed` integer DEFAULT 0 NOT NULL,
	`prompt_tokens` integer DEFAULT 0 NOT NULL,
	`completion_tokens` integer DEFAULT 0 NOT NULL,
	`idempotency_caller` text DEFAULT '' NOT NULL,
	`idempotency_user` text DEFAULT '' NOT NULL,
	`idempotency_key` text DEFAULT '' NOT NULL,
	`fields_digest` text DEFAULT '' NOT NULL,
	`created_at` integer NOT NULL,
	`started_at` integer,
	`ended_at` integer,
	`swept_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `jobs_status` ON `jobs` (`status`,`swept_at`);--> statement-breakpoint
CREATE UNIQUE INDEX `jobs_idempotency` ON `jobs` (`idempotency_caller`,`idempotency_user`,`kind`,`idempotency_key`) WHERE "idempotency_key" <> '';--> statement-breakpoint
CREATE TABLE `message_docs` (
	`id` integer PRIMARY KEY NOT NULL,
	`session_id` text NOT NULL,
	`run_index` integer NOT NULL,
	`message_index` integer NOT NULL,
	`owner` text NOT NULL,
	`words` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `message_docs_message` ON `message_docs` (`session_id`,`run_index`,`message_index`);--> statement-breakpoint
CREATE TABLE `name_docs` (
	`id` integer PRIMARY KEY NOT NULL,
	`session_id` text NOT NULL,
	`owner` text NOT NULL,
	`words` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `name_docs_session` ON `name_docs` (`session_id`);--> statement-breakpoint
CREATE TABLE `session_labels` (
	`session_id` text NOT NULL,
	`label` text NOT NULL,
	PRIMARY KEY(`session_id`, `label`)
);
--> statement-breakpoint
CREATE INDEX `session_labels_label` ON `session_labels` (`label`,`session_id`);--> statement-breakpoint
DROP INDEX `sessions_created`;--> statement-breakpoint
DROP INDEX `sessions_updated`;--> statement-breakpoint
DROP INDEX `sessions_user_created`;--> statement-breakpoint
DROP INDEX `sessions_user_updated`;--> statement-breakpoint
DROP INDEX `sessions_component_created`;--> statement-breakpoint
DROP INDEX `sessions_component_updated`;--> statement-breakpoint
ALTER TABLE `sessions` ADD `name_details` text;--> statement-breakpoint
ALTER TABLE `sessions` ADD `name_words` text;--> statement-breakpoint
ALTER TABLE `sessions` ADD `summarized_through` integer;--> statement-breakpoint
ALTER TABLE `sessions` ADD `last_message` text;--> statement-breakpoint
ALTER TABLE `sessions` ADD `tags` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `sessions` ADD `visibility` text DEFAULT 'listed' NOT NULL;--> statement-breakpoint
ALTER TABLE `sessions` ADD `pinned_at` integer;--> statement-breakpoint
ALTER TABLE `sessions` ADD `archived_at` integer;--> statement-breakpoint
ALTER TABLE `sessions` ADD `hidden_at` integer;--> statement-breakpoint
ALTER TABLE `sessions` ADD `ttl_seconds` integer;--> statement-breakpoint
ALTER TABLE `sessions` ADD `unindexed_from` integer;--> statement-breakpoint
CREATE INDEX `sessions_unnamed` ON `sessions` (`created_at`,`session_id`) WHERE "name_source" is null and "chat_messages" > 0;--> statement-breakpoint
CREATE INDEX `sessions_pinned` ON `sessions` (`pinned_at`,`session_id`) WHERE "pinned_at" is not null;--> statement-breakpoint
CREATE INDEX `sessions_hidden` ON `sessions` (`visibility`,`hidden_at`) WHERE "hidden_at" is not null;--> statement-breakpoint
CREATE INDEX `sessions_ttl` ON `sessions` ("updated_at" + "ttl_seconds" * 1000) WHERE "ttl_seconds" is not null;--> statement-breakpoint
CREATE INDEX `sessions_unindexed` ON `sessions` (`session_id`) WHERE "unindexed_from" is not null;--> statement-breakpoint
CREATE INDEX `sessions_created` ON `sessions` (`visibility`,`created_at`,`session_id`);--> statement-breakpoint
CREATE INDEX `sessions_updated` ON `sessions` (`visibility`,`updated_at`,`session_id`);--> statement-breakpoint
CREATE INDEX `sessions_user_created` ON `sessions` (`user_id`,`visibility`,`created_at`,`session_id`);--> statement-breakpoint
CREATE INDEX `sessions_user_updated` ON `sessions` (`user_id`,`visibility`,`updated_at`,`session_id`);--> statement-breakpoint
CREATE INDEX `sessions_component_created` ON `sessions` (`component_id`,`visibility`,`created_at`,`session_id`);--> statement-breakpoint
CREATE INDEX `sessions_component_updated` ON `sessions` (`component_id`,`visibility`,`updated_at`,`session_id`);