-- Whether the request that took the last use of a lease still runs is looked up by its connection, not among all that run.
-- took: 1 when it took from a lease that counts its uses.
CREATE INDEX use_took ON use (connection) WHERE took = 1;
