-- Runs that waited before there was a column for it.
UPDATE `runs` SET `waiting` = 1 WHERE `status` = 'PENDING';
