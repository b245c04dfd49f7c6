-- How a packet that a job sent went, as the kernel told: JSON. Null: no job of that kind, or not told.
ALTER TABLE jobs ADD COLUMN traced TEXT;
