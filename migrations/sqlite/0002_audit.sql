-- The audit log: rows are only ever added, and each carries the hash of the one before it.

CREATE TABLE audit (
    seq       INTEGER PRIMARY KEY,
    at        INTEGER NOT NULL,
    actor     TEXT NOT NULL,
    peer      TEXT NOT NULL,
    action    TEXT NOT NULL,
    object    TEXT NOT NULL,
    phase     TEXT NOT NULL CHECK (phase IN ('intent', 'done', 'failed', 'refused')),
    job       INTEGER,
    plan_hash TEXT,
    detail    TEXT NOT NULL,
    hash      TEXT NOT NULL
) STRICT;

CREATE TRIGGER audit_rows_stay BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'audit rows are never removed'); END;

CREATE TRIGGER audit_rows_do_not_change BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'audit rows are never changed'); END;
