-- Who was seen to hold which VRRP instance, and when. What lies between two rows was not seen.
CREATE TABLE vrrp_holders (
    id         INTEGER PRIMARY KEY,
    instance   TEXT    NOT NULL,
    -- JSON list of node ids; none: nobody held the addresses, several: split brain.
    nodes      TEXT    NOT NULL,
    began_at   INTEGER NOT NULL,
    -- Moved on while it lasts.
    seen_until INTEGER NOT NULL,
    UNIQUE (instance, began_at)
) STRICT;
CREATE INDEX vrrp_holders_by_time ON vrrp_holders (seen_until);

-- Which jobs did something on a node.
CREATE INDEX job_journal_of_node ON job_journal (node, job);
