-- How directors were seen to treat real servers. What lies between two rows was not seen.
CREATE TABLE lvs_standing (
    id         INTEGER PRIMARY KEY,
    director   INTEGER NOT NULL,
    service    TEXT    NOT NULL,
    server     TEXT    NOT NULL,
    -- Null: configured, and taken out by a check.
    weight     INTEGER,
    began_at   INTEGER NOT NULL,
    -- 0: it was so when the director was first looked at.
    began_seen INTEGER NOT NULL,
    -- Null: it lasts.
    ended_at   INTEGER
) STRICT;
CREATE INDEX lvs_standing_of_service ON lvs_standing (service, began_at);
CREATE INDEX lvs_standing_open ON lvs_standing (director, service, server) WHERE ended_at IS NULL;
CREATE INDEX lvs_standing_by_end ON lvs_standing (ended_at);

-- When each director's table was last seen: where the console's end left a row open, it ended then.
CREATE TABLE lvs_standing_seen (
    director   INTEGER PRIMARY KEY,
    seen_until INTEGER NOT NULL
) STRICT;
