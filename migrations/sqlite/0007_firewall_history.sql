-- Which rules each iptables of a node had, one ruleset after the other.
CREATE TABLE firewall_history (
    -- Of two rows of one iptables the newer has the greater id.
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    -- They go with their node: there is nothing left to restore them on.
    node          INTEGER NOT NULL REFERENCES nodes (id) ON DELETE CASCADE,
    tool          TEXT NOT NULL,
    -- Hex SHA-256 of the text.
    digest        TEXT NOT NULL,
    -- Canonical.
    text          TEXT NOT NULL,
    first_seen_at INTEGER NOT NULL,
    -- Moved on while the node has these rules.
    last_seen_at  INTEGER NOT NULL,
    -- The job that applied them; null: they were changed on the node.
    job           INTEGER REFERENCES jobs (id),
    -- Rules that came and went against the row before; null: nothing was seen before.
    added         INTEGER,
    removed       INTEGER
) STRICT;
CREATE INDEX firewall_history_of_tool ON firewall_history (node, tool, id);

-- Which job changed, or is to change, the rules of which iptables.
CREATE VIEW firewall_applies AS
SELECT id AS job, plan, state, finished_at,
       json_extract(operation, '$.node') AS node, json_extract(operation, '$.tool') AS tool
FROM jobs WHERE json_extract(operation, '$.operation') = 'firewall.apply'
UNION ALL
SELECT jobs.id, plan, state, finished_at,
       json_extract(member.value, '$.node'), json_extract(member.value, '$.tool')
FROM jobs, json_each(operation, '$.waves') AS wave, json_each(wave.value) AS member
WHERE json_extract(operation, '$.operation') = 'firewall.apply_group';
