//! What the director and the client print.

use serde::{Deserialize, Serialize};

use crate::lvs::{Readings, ServiceTraffic, Table, Target, VirtualService, parse};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("counts of a service: expected {expected}; found {found:?}")]
pub struct CountError {
    pub expected: &'static str,
    pub found: String,
}

/// One reading of a director.
#[derive(Debug, Clone, PartialEq)]
pub struct Count {
    /// It has the service's address where it answers for it.
    pub holds: bool,
    pub traffic: Vec<ServiceTraffic>,
    pub table: Table,
}

/// What the client tells of its connections.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Asked {
    pub connections: u32,
    pub answered: u32,
    pub refused: u32,
    /// No answer within three seconds and a half.
    pub silent: u32,
}

impl Count {
    /// Reads what `lvs-count` prints.
    pub fn parse(text: &str) -> Result<Count, CountError> {
        let wrong = |expected| {
            let found: String = text.chars().take(120).collect();
            move || CountError { expected, found }
        };
        let (held, rest) = text.split_once('\n').ok_or_else(wrong("who holds the address"))?;
        let (counters, table) =
            rest.split_once("== table\n").ok_or_else(wrong("counters and a table"))?;
        let traffic = Readings::default()
            .take(counters)
            .map_err(|error| CountError { expected: error.expected, found: error.found })?;
        let table = parse(table).map_err(|error| CountError {
            expected: "a table as in /proc/net/ip_vs",
            found: error.to_string(),
        })?;
        let holds = match held {
            "held yes" => true,
            "held no" => false,
            _ => return Err(wrong("held yes or held no")()),
        };
        Ok(Count { holds, traffic, table })
    }

    pub(super) fn service(&self, target: &Target) -> Option<(&VirtualService, &ServiceTraffic)> {
        let table = self.table.services.iter().find(|service| service.target == *target)?;
        let traffic = self.traffic.iter().find(|traffic| traffic.target == *target)?;
        Some((table, traffic))
    }
}

impl Asked {
    /// Reads what `lvs-ask` prints: `asked 300 answered 298 refused 1 silent 1`.
    pub fn parse(text: &str) -> Result<Asked, CountError> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let read = || match words.as_slice() {
            ["asked", connections, "answered", answered, "refused", refused, "silent", silent] => {
                Some(Asked {
                    connections: connections.parse().ok()?,
                    answered: answered.parse().ok()?,
                    refused: refused.parse().ok()?,
                    silent: silent.parse().ok()?,
                })
            }
            _ => None,
        };
        read().ok_or_else(|| CountError {
            expected: "how many were asked",
            found: text.chars().take(120).collect(),
        })
    }
}
