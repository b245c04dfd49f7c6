//! IPVS: virtual services and their real servers.

pub mod change;
mod commands;
mod compare;
pub mod connections;
pub mod edit;
pub mod explain;
pub mod history;
pub mod kernel;
mod listing;
mod merge;
pub mod mode;
mod model;
mod netmask;
mod parse;
mod scheduler;
pub mod scripts;
mod settings;
mod share;
pub mod sharing;
pub mod standing;
pub mod sync;
mod traffic;
mod view;

pub use commands::commands;
pub(crate) use compare::describe;
pub use connections::{Connection, ConnectionFilter, Connections};
pub use listing::{Cell, ListedServer, ListedService, Listing, ListingError, listing};
pub use merge::view;
pub use model::*;
pub use netmask::Netmask;
pub use parse::{ParseError, parse};
pub use scheduler::{Scheduler, SchedulerFlag, UnknownScheduler};
pub use settings::*;
pub use share::Expectation;
pub use traffic::{Counted, CountersError, Rates, Readings, ServerTraffic, ServiceTraffic};
pub use view::*;
