//! Backups: taking them, what is in the catalogue, and how fresh it is.

mod dump;
mod freshness;
mod interlock;
mod inventory;
mod model;
mod plan;

pub use dump::{Coordinates, read_coordinates};
pub use freshness::freshness;
pub use inventory::{Inventory, InventoryError, list_tables, read_inventory};
pub use model::*;
pub use plan::{Candidate, LastRun, PlanError, TakeInput, take};
