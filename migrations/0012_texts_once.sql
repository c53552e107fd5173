CREATE TABLE `system_texts` (
	`session_id` text NOT NULL,
	`text_id` text NOT NULL,
	`component_id` text NOT NULL,
	`first_run_index` integer NOT NULL,
	`content` text NOT NULL,
	PRIMARY KEY(`session_id`, `text_id`)
);
--> statement-breakpoint
ALTER TABLE `messages` ADD `system_text` text;--> statement-breakpoint
ALTER TABLE `runs` ADD `input_left_out` integer;--> statement-breakpoint
ALTER TABLE `sessions` ADD `system_known` integer;