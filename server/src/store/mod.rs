//! All SQL. One file a feature; `migrations/sqlite` has the tables.
