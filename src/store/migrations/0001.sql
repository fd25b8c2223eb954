-- The first schema. Ids are 16 random bytes, digests 32; times are milliseconds since 1970; an id that
-- does not apply is 16 zero bytes. Numbers of states are those of src/ipc/messages.def unless said otherwise.

-- This node: who it is, how often it started (the fencing generation of every use), the highest time it ever
-- saw, the last number given to an audit record, and the newest record that audit has acknowledged.
CREATE TABLE node (
    one        INTEGER PRIMARY KEY CHECK (one = 1),
    node       BLOB NOT NULL CHECK (length(node) = 16),
    epoch      INTEGER NOT NULL,
    clock      INTEGER NOT NULL,
    audit_seq  INTEGER NOT NULL,
    acked_seq  INTEGER NOT NULL,
    acked_head BLOB NOT NULL CHECK (length(acked_head) = 32)
) STRICT;

-- Master keys by id; the keys themselves are files elsewhere. state: 0 in use, 1 being replaced.
CREATE TABLE kek (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    state   INTEGER NOT NULL CHECK (state IN (0, 1)),
    created INTEGER NOT NULL
) STRICT;

-- Roots from which the keys of one purpose are derived, wrapped by a master key. purpose: enum root_purpose of keeper/roots.h.
CREATE TABLE root (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    purpose INTEGER NOT NULL,
    kek     INTEGER NOT NULL REFERENCES kek (id),
    wrapped BLOB NOT NULL,
    created INTEGER NOT NULL
) STRICT;

-- People. wrapped: the data key of this person, under the master key kek.
CREATE TABLE user (
    id       BLOB PRIMARY KEY CHECK (length(id) = 16),
    name     TEXT NOT NULL UNIQUE,
    salt     BLOB NOT NULL CHECK (length(salt) = 16),
    ops      INTEGER NOT NULL,
    mem      INTEGER NOT NULL,
    verifier BLOB NOT NULL CHECK (length(verifier) = 32),
    kek      INTEGER NOT NULL REFERENCES kek (id),
    wrapped  BLOB NOT NULL,
    created  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX user_kek ON user (kek);
CREATE INDEX user_created ON user (created);

-- Agent keys: one MCP client of one person. Only the SHA-256 of the key is here.
CREATE TABLE client (
    id         BLOB PRIMARY KEY CHECK (length(id) = 16),
    user       BLOB NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    label      TEXT NOT NULL,
    token_hash BLOB NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    created    INTEGER NOT NULL,
    last_used  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX client_user ON client (user);

-- A person's credential for one client at one upstream. state: 0 pending (its handoff is being tried), 1 live,
-- 2 stale, 3 suspended. used_up and expired follow from the lease. hits: reflections since hits_from.
CREATE TABLE connection (
    id        BLOB PRIMARY KEY CHECK (length(id) = 16),
    user      BLOB NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    client    BLOB NOT NULL REFERENCES client (id) ON DELETE CASCADE,
    upstream  TEXT NOT NULL,
    state     INTEGER NOT NULL CHECK (state BETWEEN 0 AND 3),
    tested    INTEGER NOT NULL,
    created   INTEGER NOT NULL,
    last_used INTEGER NOT NULL,
    hits      INTEGER NOT NULL DEFAULT 0,
    hits_from INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX connection_key ON connection (user, client, upstream) WHERE state <> 0;
CREATE INDEX connection_client ON connection (client);
CREATE INDEX connection_upstream ON connection (upstream);

-- The values, sealed with the person's data key.
CREATE TABLE secret (
    connection BLOB NOT NULL REFERENCES connection (id) ON DELETE CASCADE,
    field      INTEGER NOT NULL,
    sealed     BLOB NOT NULL,
    PRIMARY KEY (connection, field)
) STRICT, WITHOUT ROWID;

-- The right to use a connection. uses_left -1: no limit. expires 0: never.
CREATE TABLE lease (
    id         BLOB PRIMARY KEY CHECK (length(id) = 16),
    connection BLOB NOT NULL UNIQUE REFERENCES connection (id) ON DELETE CASCADE,
    kind       INTEGER NOT NULL,
    uses_left  INTEGER NOT NULL CHECK (uses_left >= -1),
    expires    INTEGER NOT NULL,
    created    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Every permitted request. state: 0 reserved, 1 unsent, 2 answered, 3 unknown. took: 1 when it took from the lease.
-- chain: which sealed requestState it consumed; unique, so that one requestState makes one request.
CREATE TABLE use (
    id         BLOB PRIMARY KEY CHECK (length(id) = 16),
    node       BLOB NOT NULL CHECK (length(node) = 16),
    epoch      INTEGER NOT NULL,
    mode       INTEGER NOT NULL,
    state      INTEGER NOT NULL CHECK (state BETWEEN 0 AND 3),
    user       BLOB NOT NULL CHECK (length(user) = 16),
    client     BLOB NOT NULL CHECK (length(client) = 16),
    upstream   TEXT NOT NULL,
    connection BLOB NOT NULL CHECK (length(connection) = 16),
    lease      BLOB NOT NULL CHECK (length(lease) = 16),
    took       INTEGER NOT NULL,
    chain      BLOB UNIQUE,
    projection BLOB NOT NULL CHECK (length(projection) = 32),
    body       BLOB NOT NULL CHECK (length(body) = 32),
    created    INTEGER NOT NULL,
    not_after  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX use_reserved ON use (id) WHERE state = 0;
CREATE INDEX use_created ON use (created);

-- Out-of-band steps. connection: the pending or finished one. One live handoff for a person, client and upstream.
CREATE TABLE handoff (
    id         BLOB PRIMARY KEY CHECK (length(id) = 16),
    user       BLOB NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    client     BLOB NOT NULL REFERENCES client (id) ON DELETE CASCADE,
    upstream   TEXT NOT NULL,
    kind       INTEGER NOT NULL,
    state      INTEGER NOT NULL CHECK (state BETWEEN 0 AND 7),
    need       INTEGER NOT NULL,
    problem    INTEGER NOT NULL,
    method     TEXT NOT NULL,
    tool       TEXT NOT NULL,
    submits    INTEGER NOT NULL,
    tested     INTEGER NOT NULL,
    connection BLOB NOT NULL CHECK (length(connection) = 16),
    created    INTEGER NOT NULL,
    expires    INTEGER NOT NULL,
    ended      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX handoff_live ON handoff (user, client, upstream) WHERE state < 3;
CREATE INDEX handoff_expires ON handoff (expires) WHERE state < 3;
CREATE INDEX handoff_client ON handoff (client);
CREATE INDEX handoff_user ON handoff (user, created);
CREATE INDEX handoff_ended ON handoff (ended) WHERE state >= 3;

-- Browser sessions, by the SHA-256 of the cookie.
CREATE TABLE session (
    hash    BLOB PRIMARY KEY CHECK (length(hash) = 32),
    user    BLOB NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_user ON session (user);
CREATE INDEX session_expires ON session (expires);

-- Audit records until audit has acknowledged them.
CREATE TABLE outbox (
    seq        INTEGER PRIMARY KEY,
    epoch      INTEGER NOT NULL,
    time       INTEGER NOT NULL,
    event      INTEGER NOT NULL,
    user       BLOB NOT NULL CHECK (length(user) = 16),
    client     BLOB NOT NULL CHECK (length(client) = 16),
    upstream   TEXT NOT NULL,
    handoff    BLOB NOT NULL CHECK (length(handoff) = 16),
    use        BLOB NOT NULL CHECK (length(use) = 16),
    connection BLOB NOT NULL CHECK (length(connection) = 16),
    code       INTEGER NOT NULL,
    number     INTEGER NOT NULL,
    projection BLOB NOT NULL CHECK (length(projection) = 32),
    body       BLOB NOT NULL CHECK (length(body) = 32),
    detail     TEXT NOT NULL
) STRICT;

-- The last list seen, per upstream, kind and person (16 zero bytes: seen without a credential).
CREATE TABLE snapshot (
    upstream TEXT NOT NULL,
    user     BLOB NOT NULL CHECK (length(user) = 16),
    kind     INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    body     BLOB NOT NULL,
    PRIMARY KEY (upstream, user, kind)
) STRICT, WITHOUT ROWID;
