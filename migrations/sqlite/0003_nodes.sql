-- Managed machines, and what the console signs in to them with.

CREATE TABLE credentials (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    name        TEXT NOT NULL,
    kind        TEXT NOT NULL CHECK (kind IN ('password', 'private_key')),
    -- Encrypted for the purpose credentials/<id>; the key is not in the database.
    sealed      BLOB NOT NULL,
    -- SHA256:… of the public key; null for a password.
    fingerprint TEXT,
    -- 0: entered with a node, and removed with the last node that has it.
    shared      INTEGER NOT NULL CHECK (shared IN (0, 1)),
    created_at  INTEGER NOT NULL
) STRICT;

CREATE TABLE nodes (
    -- Never used again: plans, jobs and the audit log go on naming a removed node by it.
    id                 INTEGER PRIMARY KEY AUTOINCREMENT,
    name               TEXT NOT NULL UNIQUE,
    host               TEXT NOT NULL,
    port               INTEGER NOT NULL,
    user               TEXT NOT NULL,
    elevation          TEXT NOT NULL CHECK (elevation IN ('none', 'sudo')),
    credential         INTEGER NOT NULL REFERENCES credentials (id),
    jump               INTEGER REFERENCES nodes (id),
    -- JSON list.
    tags               TEXT NOT NULL,
    -- SHA256:… of the pinned key, and its algorithm.
    host_key           TEXT NOT NULL,
    host_key_algorithm TEXT NOT NULL,
    added_at           INTEGER NOT NULL,
    version            INTEGER NOT NULL
) STRICT;
CREATE INDEX nodes_with_credential ON nodes (credential);
CREATE INDEX nodes_through_jump ON nodes (jump);
