-- A list seen with a credential is its connection's, and goes with it; NULL: seen without one, for everybody. Those kept so far as one person's go:
-- nobody knows which connection they were of.
CREATE TABLE seen (
    upstream   TEXT NOT NULL,
    connection BLOB REFERENCES connection (id) ON DELETE CASCADE,
    era        INTEGER NOT NULL CHECK (era IN (0, 1)),
    kind       INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    body       BLOB NOT NULL
) STRICT;
INSERT INTO seen SELECT upstream, NULL, era, kind, at, body FROM snapshot WHERE user = zeroblob(16);
DROP TABLE snapshot;
ALTER TABLE seen RENAME TO snapshot;
CREATE UNIQUE INDEX snapshot_key ON snapshot (upstream, era, kind, coalesce(connection, zeroblob(16)));
CREATE INDEX snapshot_connection ON snapshot (connection);
