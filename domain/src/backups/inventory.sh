exec "$1" --batch --skip-column-names --execute="
SELECT ENGINE, COALESCE(DATA_LENGTH, 0), HEX(CONCAT(TABLE_SCHEMA, '.', TABLE_NAME))
FROM information_schema.TABLES
WHERE TABLE_TYPE = 'BASE TABLE' AND ENGINE IS NOT NULL
  AND TABLE_SCHEMA NOT IN ('information_schema', 'performance_schema', 'mysql', 'sys')
ORDER BY TABLE_SCHEMA, TABLE_NAME"
