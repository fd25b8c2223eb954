-- Lists are kept per era (enum era of messages.def). Of those kept so far nobody knows which one they are of, and they come again.
DROP TABLE snapshot;
CREATE TABLE snapshot (
    upstream TEXT NOT NULL,
    user     BLOB NOT NULL CHECK (length(user) = 16),
    era      INTEGER NOT NULL CHECK (era IN (0, 1)),
    kind     INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    body     BLOB NOT NULL,
    PRIMARY KEY (upstream, user, era, kind)
) STRICT, WITHOUT ROWID;
