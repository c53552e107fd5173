ALTER TABLE `messages` ADD `reasoning_content` text;--> statement-breakpoint
ALTER TABLE `messages` ADD `provider_source` text;--> statement-breakpoint
ALTER TABLE `messages` ADD `provider_data` text;--> statement-breakpoint
ALTER TABLE `runs` ADD `history_dropped` text;--> statement-breakpoint
ALTER TABLE `runs` ADD `metadata` text;