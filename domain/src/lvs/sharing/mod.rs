//! `lvs.prove_sharing`: many connections through a virtual service, and whether its real servers got
//! of them what the scheduler means them to have.

mod chi_square;
mod count;
mod interlock;
mod judge;
pub mod plan;
mod rule;
pub mod scripts;

#[cfg(test)]
mod tests;

use std::net::IpAddr;

pub use chi_square::ChiSquare;
pub use count::{Asked, Count, CountError};
use serde::{Deserialize, Serialize};

use super::ServiceId;
use crate::ids::{JobId, NodeId};
use crate::phrase::Phrase;
use crate::signal::Signal;
use crate::time::Timestamp;

/// Requests of a proof, unless others are asked for.
pub const REQUESTS: u32 = 300;
pub const FEWEST_REQUESTS: u32 = 20;
pub const MOST_REQUESTS: u32 = 5_000;

/// Below this a proof is "not as expected": chance alone gives that once in a thousand proofs.
pub const LEAST_P: f64 = 0.001;

/// Others' share of all connections above which a proof says so, and below which too few of its own
/// were counted.
const OTHERS_LIMIT: f64 = 0.05;

/// Whose weights are proved.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Against {
    /// Those of keepalived.conf for the servers that are in the kernel's table; where it does not have
    /// the service, the table's.
    #[default]
    Configuration,
    /// Those of the kernel's table when the plan is made.
    Table,
}

/// What a proof is judged by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SharingSpec {
    pub service: ServiceId,
    pub director: NodeId,
    pub client: NodeId,
    pub requests: u32,
    pub against: Against,
    /// The servers of the table, in its order.
    pub servers: Vec<MeantServer>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MeantServer {
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub address: IpAddr,
    pub port: u16,
    pub name: String,
    pub weight: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SharingVerdict {
    AsExpected,
    NotAsExpected,
    CannotBeSaid,
}

/// What a proof found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Sharing {
    pub service: ServiceId,
    pub at: Timestamp,
    pub director: NodeId,
    pub client: NodeId,
    pub against: Against,
    pub scheduler: String,
    /// What is expected of it, in words.
    pub rule: Phrase,
    pub asked: Asked,
    /// New connections that the director counted for the service meanwhile, whosever.
    pub counted: u64,
    /// More were counted than the client made.
    pub others: u64,
    pub verdict: SharingVerdict,
    pub why: Vec<Phrase>,
    pub test: Option<ChiSquare>,
    pub servers: Vec<ServerShare>,
}

/// A real server's part of the connections that were counted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ServerShare {
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub address: IpAddr,
    pub port: u16,
    pub name: String,
    pub weight: u32,
    /// Connections; `None` where nothing can be expected.
    pub expected: Option<f64>,
    pub observed: u64,
    /// A scheduler that goes in turns is never further off than this.
    pub bound: Option<f64>,
}

/// A proof that ended, with who made it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Proof {
    pub job: JobId,
    pub by: String,
    pub sharing: Sharing,
}

impl SharingVerdict {
    pub fn signal(self) -> Signal {
        match self {
            SharingVerdict::AsExpected => Signal::Clear,
            SharingVerdict::NotAsExpected => Signal::Danger,
            SharingVerdict::CannotBeSaid => Signal::Caution,
        }
    }

    pub fn words(self) -> Phrase {
        match self {
            SharingVerdict::AsExpected => Phrase::new("as expected", "符合预期"),
            SharingVerdict::NotAsExpected => Phrase::new("not as expected", "不符合预期"),
            SharingVerdict::CannotBeSaid => Phrase::new("cannot be said", "无法判断"),
        }
    }
}
