//! What runs and what ran.

mod drawer;
mod graph;
mod list;
mod log;
mod measured;
mod outage;
mod run;
mod verification;

pub use drawer::JobInDrawer;
pub use list::JobList;
pub use run::JobRun;
