//! What runs and what ran.

mod graph;
mod list;
mod log;
mod measured;
mod outage;
mod run;
mod verification;

pub use list::JobList;
pub use run::JobRun;
