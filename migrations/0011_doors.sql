CREATE TABLE `audit` (
	`audit_id` text PRIMARY KEY NOT NULL,
	`created_at` integer NOT NULL,
	`actor` text NOT NULL,
	`action` text NOT NULL,
	`target` text,
	`before` text,
	`after` text,
	`metadata` text
);
--> statement-breakpoint
CREATE INDEX `audit_created` ON `audit` (`created_at`,`audit_id`);--> statement-breakpoint
CREATE TABLE `run_usage` (
	`user_id` text NOT NULL,
	`started_at` integer NOT NULL,
	`run_id` text NOT NULL,
	`tokens` integer DEFAULT 0 NOT NULL,
	`settled` integer DEFAULT false NOT NULL,
	PRIMARY KEY(`user_id`, `started_at`, `run_id`)
);
--> statement-breakpoint
CREATE TABLE `service_accounts` (
	`account_id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`token_hash` text NOT NULL,
	`token_prefix` text NOT NULL,
	`scopes` text NOT NULL,
	`created_at` integer NOT NULL,
	`created_by` text,
	`expires_at` integer,
	`last_used_at` integer,
	`revoked_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `service_accounts_token` ON `service_accounts` (`token_hash`);--> statement-breakpoint
CREATE INDEX `service_accounts_name` ON `service_accounts` (`name`,`created_at`);--> statement-breakpoint
CREATE INDEX `service_accounts_created` ON `service_accounts` (`created_at`,`account_id`);--> statement-breakpoint
ALTER TABLE `requirements` ADD `actor` text;--> statement-breakpoint
ALTER TABLE `requirements` ADD `approval_type` text;--> statement-breakpoint
ALTER TABLE `runs` ADD `claims` text;