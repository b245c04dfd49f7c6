-- What a proof of a service's sharing found: JSON. Null: no job of that kind, or not found out.
ALTER TABLE jobs ADD COLUMN sharing TEXT;
CREATE INDEX jobs_proofs ON jobs (json_extract(operation, '$.service'), id) WHERE sharing IS NOT NULL;
