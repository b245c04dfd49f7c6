//! Live topics: the latest document of each, numbered changes, and who listens.
