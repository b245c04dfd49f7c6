-- Plans that were made and shown, and the jobs that ran them.
-- Times are milliseconds since the epoch. Enumerations are the words of the API.

CREATE TABLE plans (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    made_at INTEGER NOT NULL,
    made_by TEXT NOT NULL,
    -- Hex SHA-256 over what an approval is of.
    hash    TEXT NOT NULL,
    -- JSON.
    draft   TEXT NOT NULL
) STRICT;

CREATE TABLE jobs (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    plan            INTEGER NOT NULL REFERENCES plans (id),
    -- JSON copies out of the plan, for lists.
    title           TEXT NOT NULL,
    operation       TEXT NOT NULL,
    state           TEXT NOT NULL,
    -- JSON {en, zh}.
    status          TEXT NOT NULL,
    -- Who asked. Not a reference: the job outlives the account.
    account         INTEGER NOT NULL,
    started_by      TEXT NOT NULL,
    peer            TEXT NOT NULL,
    idempotency_key TEXT,
    -- Hex SHA-256 of the request that came with the key.
    request_hash    TEXT NOT NULL,
    created_at      INTEGER NOT NULL,
    -- Null: not over; its locks are held.
    finished_at     INTEGER,
    -- Who cancelled it; null: nobody.
    cancelled_by    TEXT,
    -- JSON.
    verification    TEXT NOT NULL,
    measurement     TEXT,
    backup          INTEGER,
    UNIQUE (account, idempotency_key)
) STRICT;
CREATE INDEX jobs_unfinished ON jobs (id) WHERE finished_at IS NULL;

CREATE TABLE job_steps (
    job         INTEGER NOT NULL REFERENCES jobs (id),
    position    INTEGER NOT NULL,
    state       TEXT NOT NULL,
    started_at  INTEGER,
    finished_at INTEGER,
    -- JSON {en, zh}.
    progress    TEXT,
    error       TEXT,
    PRIMARY KEY (job, position)
) STRICT, WITHOUT ROWID;

-- What a job is about to do, committed before it does it, and what came of it. An intent without
-- an outcome is an action of which nobody knows whether the node carried it out.
CREATE TABLE job_journal (
    id      INTEGER PRIMARY KEY,
    job     INTEGER NOT NULL REFERENCES jobs (id),
    at      INTEGER NOT NULL,
    phase   TEXT NOT NULL CHECK (phase IN ('run', 'undo', 'verify')),
    -- Null in phase verify, which belongs to no step.
    step    INTEGER,
    action  INTEGER NOT NULL,
    node    INTEGER,
    -- The action as people read it.
    text    TEXT NOT NULL,
    -- JSON; null: this row is the intent.
    outcome TEXT
) STRICT;
CREATE INDEX job_journal_of_job ON job_journal (job, id);

CREATE TRIGGER job_journal_rows_stay BEFORE DELETE ON job_journal
BEGIN SELECT RAISE(ABORT, 'journal rows are never removed'); END;

CREATE TRIGGER job_journal_rows_do_not_change BEFORE UPDATE ON job_journal
BEGIN SELECT RAISE(ABORT, 'journal rows are never changed'); END;

CREATE TABLE job_log (
    job  INTEGER NOT NULL REFERENCES jobs (id),
    -- 1, 2, 3 ... within the job.
    seq  INTEGER NOT NULL,
    at   INTEGER NOT NULL,
    node INTEGER,
    kind TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (job, seq)
) STRICT, WITHOUT ROWID;

-- What unfinished jobs hold for themselves.
CREATE TABLE job_locks (
    object TEXT PRIMARY KEY,
    job    INTEGER NOT NULL REFERENCES jobs (id)
) STRICT, WITHOUT ROWID;
