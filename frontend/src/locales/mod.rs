//! The console's texts, a file a feature; wording rules are in docs/FRONTEND.md.

pub mod access;
pub mod backups;
pub mod jobs;
pub mod overview;
pub mod plan;
pub mod shell;
pub mod states;
pub mod vrrp;
pub mod words;
