-- A use stands here while it runs, and goes at its end: what became of it is in the audit log. What a crash leaves is unknown, and ends at
-- the next start. took: 1 when it took from the lease.
CREATE TABLE running (
    id         BLOB PRIMARY KEY CHECK (length(id) = 16),
    node       BLOB NOT NULL CHECK (length(node) = 16),
    epoch      INTEGER NOT NULL,
    mode       INTEGER NOT NULL,
    user       BLOB NOT NULL CHECK (length(user) = 16),
    client     BLOB NOT NULL CHECK (length(client) = 16),
    upstream   TEXT NOT NULL,
    connection BLOB NOT NULL CHECK (length(connection) = 16),
    lease      BLOB NOT NULL CHECK (length(lease) = 16),
    took       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO running SELECT id, node, epoch, mode, user, client, upstream, connection, lease, took FROM use WHERE state = 0;

-- Chains of requestStates for which a request was made: until when a state with that chain may be good.
CREATE TABLE chain (
    id    BLOB PRIMARY KEY CHECK (length(id) = 16),
    until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX chain_until ON chain (until);
-- No state that was made before lives longer than the longest handoff_time, and an hour.
INSERT INTO chain SELECT chain, created + 90000000 FROM use WHERE chain IS NOT NULL;

-- Millions of rows, perhaps, and no secret among them: their pages are freed without being written.
PRAGMA secure_delete = OFF;
DROP TABLE use;
PRAGMA secure_delete = ON;
ALTER TABLE running RENAME TO use;
