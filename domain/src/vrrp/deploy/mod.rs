//! `vrrp.deploy`: new text for the keepalived.conf of directors, tried on each before it counts on
//! any, put in place where nothing is held first, and taken back everywhere when one fails.

mod change;
mod checks;
mod interlock;
pub mod plan;
mod reading;
pub mod scripts;
mod sequel;
mod services;

pub use change::{ChangeError, FileChange, NodeChange, Trial, check_changes};
pub use plan::{DeployInput, Director, deploy};
pub use reading::{ConfFile, ConfReading, ConfView, Daemon, ReadError};

#[cfg(test)]
mod tests;
