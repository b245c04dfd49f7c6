//! What runs and what ran.

mod drawer;
mod graph;
mod list;
mod log;
mod measured;
mod outage;
mod run;
mod verification;

pub use drawer::job_in_drawer;
pub use list::JobList;
pub use run::JobRun;
