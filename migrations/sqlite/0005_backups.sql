-- The catalogue: a row is written only for a backup that is whole and was read back.
CREATE TABLE backups (
    id          INTEGER PRIMARY KEY,
    engine      TEXT    NOT NULL,
    job         INTEGER NOT NULL UNIQUE,
    file        TEXT    NOT NULL UNIQUE,
    started_at  INTEGER NOT NULL,
    -- domain::backups::Backup as JSON; its id is this row's.
    entry       TEXT    NOT NULL
) STRICT;

CREATE INDEX backups_by_engine ON backups (engine, started_at DESC);
