-- What the console does by itself when several directors hold the same addresses. No row: it asks.
CREATE TABLE vrrp_policy (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    -- A word of the API.
    split_brain TEXT    NOT NULL,
    set_by      TEXT    NOT NULL,
    set_at      INTEGER NOT NULL
) STRICT;
