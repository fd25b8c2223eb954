-- 1: the store or the audit log was found to be an older copy, and nothing is begun with them until somebody has looked.
ALTER TABLE node ADD COLUMN rolled_back INTEGER NOT NULL DEFAULT 0;
