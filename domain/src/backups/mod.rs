//! Backups: taking them, what is in the catalogue, and how fresh it is.

mod dump;
mod freshness;
mod interlock;
mod model;
mod plan;

pub use dump::{
    Coordinates, INVENTORY, Inventory, InventoryError, read_coordinates, read_inventory,
};
pub use freshness::freshness;
pub use model::*;
pub use plan::{Candidate, LastRun, PlanError, TakeInput, take};
