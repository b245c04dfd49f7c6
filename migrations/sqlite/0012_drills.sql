-- What the console found of a split that a drill made: JSON. Null: no job of that kind, or not found.
ALTER TABLE jobs ADD COLUMN split TEXT;
CREATE INDEX jobs_drills ON jobs (json_extract(operation, '$.drill'), id)
    WHERE json_extract(operation, '$.operation') = 'drills.run';

-- Drills that run by themselves.
CREATE TABLE drill_schedules (
    -- JSON.
    drill      TEXT    NOT NULL PRIMARY KEY,
    every_days INTEGER NOT NULL,
    at_minute  INTEGER NOT NULL,
    next_at    INTEGER NOT NULL,
    set_by     TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
