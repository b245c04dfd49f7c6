-- Accounts, how they sign in, and what they hold: sessions, API tokens, one-time links.
-- Times are milliseconds since the epoch. Secrets are here as hashes only.

CREATE TABLE accounts (
    id            INTEGER PRIMARY KEY,
    name          TEXT NOT NULL UNIQUE COLLATE NOCASE,
    kind          TEXT NOT NULL CHECK (kind IN ('person', 'script')),
    role          TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
    -- argon2id in PHC form; null: signs in by one-time link or token only.
    password_hash TEXT,
    created_at    INTEGER NOT NULL
) STRICT;

CREATE TABLE sessions (
    -- SHA-256 of the id in the signed cookie: who reads this table cannot forge one.
    id_hash      BLOB PRIMARY KEY,
    account      INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    created_at   INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    peer         TEXT NOT NULL,
    user_agent   TEXT NOT NULL
) STRICT;
CREATE INDEX sessions_of_account ON sessions (account);

CREATE TABLE api_tokens (
    id           INTEGER PRIMARY KEY,
    account      INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    name         TEXT NOT NULL,
    secret_hash  BLOB NOT NULL UNIQUE,
    role         TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
    -- JSON list; null: all that the role may.
    permissions  TEXT,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    last_used_at INTEGER
) STRICT;
CREATE INDEX api_tokens_of_account ON api_tokens (account);

CREATE TABLE one_time_links (
    secret_hash BLOB PRIMARY KEY,
    -- Null: a set-up link, with which the first admin is made.
    account     INTEGER REFERENCES accounts (id) ON DELETE CASCADE,
    expires_at  INTEGER NOT NULL
) STRICT;
