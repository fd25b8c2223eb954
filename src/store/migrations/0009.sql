-- What was opened for a person within the hour is counted (handoff_recent_counts) from this index alone, without a look at each row.
DROP INDEX handoff_user;
CREATE INDEX handoff_user ON handoff (user, created, client, upstream);
