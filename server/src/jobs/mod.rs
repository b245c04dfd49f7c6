//! Runs approved plans: journal first, then the node, then the truth.
//!
//! [`Runner`] takes a job up, [`run::Run`] carries its plan out: steps forward (`step`), checks
//! (`check`), steps back (`undo`), and what to make of a job that was interrupted (`settle`).
//! Each action is in the journal before it begins (`journal`), so whatever dies, somebody can say
//! afterwards what may have happened, look at the nodes, and finish.

mod account;
mod board;
mod cancellation;
mod capture;
mod check;
mod confirmation;
mod error;
pub mod intake;
mod journal;
mod log;
mod probe;
mod run;
mod runner;
mod settle;
mod split;
mod step;
mod undo;
mod words;

pub use account::deed;
pub use board::Board;
pub use cancellation::NotCancellable;
pub use confirmation::NothingToKeep;
pub use error::StepError;
pub use runner::{CancelError, ConfirmError, Limits, RollBackError, Runner};
pub use split::SplitSight;
pub use words::queued;
