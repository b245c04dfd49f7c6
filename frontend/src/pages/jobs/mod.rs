//! What runs and what ran.

mod drawer;
mod graph;
mod keep;
mod list;
mod log;
mod measured;
mod outage;
mod run;
mod verification;

pub use drawer::JobInDrawer;
pub use keep::{KeepButtons, Keeping};
pub use list::JobList;
pub use run::JobRun;
