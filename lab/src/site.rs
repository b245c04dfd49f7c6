//! Names and places of one lab on this machine, so that several can run side by side without
//! meeting.

use std::net::Ipv4Addr;
use std::path::PathBuf;

use crate::layer::{LayerError, cache_directory};

/// Which lab on this machine: 0 unless `SIGNALBOX_LAB_ID` says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Site {
    id: u8,
}

#[derive(Debug, thiserror::Error)]
#[error("SIGNALBOX_LAB_ID: expected a number from 0 to 255, found {0:?}")]
pub struct BadLabId(String);

impl Site {
    pub(crate) fn from_environment() -> Result<Self, BadLabId> {
        match std::env::var("SIGNALBOX_LAB_ID") {
            Ok(text) if !text.is_empty() => {
                text.parse().map(|id| Self { id }).map_err(|_| BadLabId(text))
            }
            _ => Ok(Self { id: 0 }),
        }
    }

    pub(crate) fn id(self) -> u8 {
        self.id
    }

    /// Added to names: nothing for the usual lab.
    fn suffix(self) -> String {
        if self.id == 0 { String::new() } else { format!("-{}", self.id) }
    }

    fn number(self) -> String {
        if self.id == 0 { String::new() } else { self.id.to_string() }
    }

    /// State, sockets and console logs.
    pub(crate) fn run_directory(self) -> PathBuf {
        PathBuf::from(format!("/run/signalbox-lab{}", self.suffix()))
    }

    /// What the nodes wrote.
    pub(crate) fn disk_directory(self) -> PathBuf {
        PathBuf::from(format!("/var/lib/signalbox-lab{}", self.suffix()))
    }

    /// Keys outlive `down`, so that a node that comes up again is known as the same.
    pub(crate) fn key_directory(self) -> Result<PathBuf, LayerError> {
        Ok(cache_directory()?.join(format!("keys{}", self.suffix())))
    }

    /// Name of the lab's part of each control group hierarchy.
    pub(crate) fn control_group(self) -> String {
        format!("signalbox-lab{}", self.suffix())
    }

    /// The network namespace that holds the bridges; no node's name has a dot.
    pub(crate) fn wire_namespace(self) -> String {
        format!("sb{}.wire", self.number())
    }

    pub(crate) fn node_namespace(self, node: &str) -> String {
        format!("sb{}-{node}", self.number())
    }

    /// The only interface that a lab adds to the machine's own network namespace.
    pub(crate) fn console_interface(self) -> String {
        format!("sblab{}", self.number())
    }

    /// An address of the management network, from the range that RFC 2544 reserves for tests.
    pub(crate) fn management_address(self, host: u8) -> Ipv4Addr {
        Ipv4Addr::new(198, 18, self.id, host)
    }

    /// A locally administered address, the same at each start.
    pub(crate) fn mac(self, host: u8, link: usize) -> String {
        format!("02:5b:{:02x}:00:{link:02x}:{host:02x}", self.id)
    }
}
