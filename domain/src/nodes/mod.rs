//! Managed machines: what they are, how they are reached, what was observed on them.

mod add;
mod credential;
#[cfg(test)]
pub(crate) mod fixtures;
mod history;
mod host_key;
mod import;
mod model;
pub mod parse;
mod sections;
pub mod vitals;

pub use add::*;
pub use credential::*;
pub use history::*;
pub use host_key::*;
pub use import::*;
pub use model::*;
pub use sections::{Change, SILENT_AFTER, Sections};
