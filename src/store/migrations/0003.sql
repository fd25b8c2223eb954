-- Whether the legacy client of this agent key is given links by error -32042.
ALTER TABLE client ADD COLUMN link_by_error INTEGER NOT NULL DEFAULT 0;
