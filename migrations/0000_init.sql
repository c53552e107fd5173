CREATE TABLE `messages` (
	`session_id` text NOT NULL,
	`run_index` integer NOT NULL,
	`message_index` integer NOT NULL,
	`run_id` text NOT NULL,
	`message_id` text NOT NULL,
	`role` text NOT NULL,
	`content` text NOT NULL,
	`tool_calls` text,
	`tool_call_id` text,
	`tool_name` text,
	`tool_args` text,
	`tool_call_error` integer,
	`usage` text,
	`time_to_first_token_ms` integer,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`session_id`, `run_index`, `message_index`)
);
--> statement-breakpoint
CREATE TABLE `runs` (
	`run_id` text PRIMARY KEY NOT NULL,
	`session_id` text NOT NULL,
	`run_index` integer,
	`position` integer NOT NULL,
	`parent_run_id` text,
	`agent_id` text,
	`team_id` text,
	`component_name` text,
	`user_id` text,
	`status` text NOT NULL,
	`fence` text NOT NULL,
	`input` text NOT NULL,
	`input_state` text,
	`input_messages` integer DEFAULT 0 NOT NULL,
	`model` text,
	`model_provider` text,
	`session_cache` text,
	`session_state` text,
	`metrics` text,
	`finish_reason` text,
	`error` text,
	`events` text,
	`idempotency_caller` text DEFAULT '' NOT NULL,
	`idempotency_user` text DEFAULT '' NOT NULL,
	`idempotency_agent` text DEFAULT '' NOT NULL,
	`idempotency_key` text DEFAULT '' NOT NULL,
	`fields_digest` text DEFAULT '' NOT NULL,
	`created_at` integer NOT NULL,
	`started_at` integer,
	`settled_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `runs_session_index` ON `runs` (`session_id`,`run_index`);--> statement-breakpoint
CREATE INDEX `runs_pending` ON `runs` (`session_id`,`position`) WHERE "status" = 'PENDING';--> statement-breakpoint
CREATE UNIQUE INDEX `runs_idempotency` ON `runs` (`idempotency_caller`,`idempotency_user`,`idempotency_agent`,`idempotency_key`) WHERE "idempotency_key" <> '';--> statement-breakpoint
CREATE TABLE `sessions` (
	`session_id` text PRIMARY KEY NOT NULL,
	`session_type` text NOT NULL,
	`agent_id` text,
	`team_id` text,
	`workflow_id` text,
	`component_id` text,
	`user_id` text,
	`name` text,
	`name_source` text,
	`name_version` integer DEFAULT 0 NOT NULL,
	`name_updated_at` integer,
	`name_folded` text,
	`first_message` text,
	`first_message_folded` text,
	`session_state` text,
	`metadata` text,
	`summary` text,
	`component_data` text,
	`metrics` text,
	`next_run_index` integer DEFAULT 0 NOT NULL,
	`completed_runs` integer DEFAULT 0 NOT NULL,
	`chat_messages` integer DEFAULT 0 NOT NULL,
	`fence` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `sessions_created` ON `sessions` (`created_at`,`session_id`);--> statement-breakpoint
CREATE INDEX `sessions_updated` ON `sessions` (`updated_at`,`session_id`);--> statement-breakpoint
CREATE INDEX `sessions_user_created` ON `sessions` (`user_id`,`created_at`,`session_id`);--> statement-breakpoint
CREATE INDEX `sessions_user_updated` ON `sessions` (`user_id`,`updated_at`,`session_id`);--> statement-breakpoint
CREATE INDEX `sessions_component_created` ON `sessions` (`component_id`,`created_at`,`session_id`);--> statement-breakpoint
CREATE INDEX `sessions_component_updated` ON `sessions` (`component_id`,`updated_at`,`session_id`);--> statement-breakpoint
CREATE TABLE `withdrawn_runs` (
	`run_id` text PRIMARY KEY NOT NULL,
	`withdrawn_at` integer NOT NULL
);
