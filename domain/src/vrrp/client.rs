//! The client that asks through the virtual address while it moves.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::{InstanceConf, scripts};
use crate::ids::NodeId;
use crate::lvs::{Protocol, Table, Target};
use crate::plan::ClientProbe;
use crate::remote::RemoteCommand;

/// 50 requests a second.
pub const INTERVAL_MS: u64 = 20;

/// What a client asks of an instance's first virtual address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question {
    pub address: IpAddr,
    pub ask: Ask,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// `GET /`, answered by a status line below 500.
    Http { port: u16 },
    /// A connection, opened and closed.
    Tcp { port: u16 },
    /// ICMP echo: the holder of the address answers, no service does.
    Ping,
}

const HTTP_PORTS: [u16; 4] = [80, 8080, 8000, 8008];
/// A MySQL server shuts a client out that opens connections without signing in
/// (`max_connect_errors`), so its ports are never asked fifty times a second.
pub const MYSQL_PORTS: [u16; 2] = [3306, 33060];

impl Question {
    /// The best question that the director's services on the address allow; `None` for an
    /// instance without addresses.
    pub fn choose(conf: &InstanceConf, services: &Table) -> Option<Question> {
        let address = conf.virtual_addresses.first()?.address;
        let ports: Vec<u16> = services
            .services
            .iter()
            .filter_map(|service| match service.target {
                Target::Address { protocol: Protocol::Tcp, address: at }
                    if at.ip() == address && service.real_servers.iter().any(|r| r.weight > 0) =>
                {
                    Some(at.port())
                }
                _ => None,
            })
            .collect();
        let http = ports.iter().find(|port| HTTP_PORTS.contains(port));
        let tcp = ports.iter().find(|port| !MYSQL_PORTS.contains(port));
        let ask = match (http, tcp) {
            (Some(&port), _) => Ask::Http { port },
            (None, Some(&port)) => Ask::Tcp { port },
            (None, None) => Ask::Ping,
        };
        Some(Question { address, ask })
    }

    /// Asks once; exit status 0 says that an answer came.
    pub fn once(&self) -> RemoteCommand {
        self.repeated(INTERVAL_MS, Duration::from_millis(1))
    }

    /// Keeps asking, at most for `bound`.
    pub fn probe(&self, node: NodeId, bound: Duration) -> ClientProbe {
        ClientProbe {
            node,
            target: self.readable(),
            command: self.repeated(INTERVAL_MS, bound),
            interval_ms: INTERVAL_MS,
        }
    }

    fn readable(&self) -> String {
        match self.ask {
            Ask::Http { port } => format!("http://{}/", SocketAddr::new(self.address, port)),
            Ask::Tcp { port } => SocketAddr::new(self.address, port).to_string(),
            Ask::Ping => self.address.to_string(),
        }
    }

    /// Asks each `interval_ms`, for `bound`.
    pub fn repeated(&self, interval_ms: u64, bound: Duration) -> RemoteCommand {
        let (ask, port) = match self.ask {
            Ask::Http { port } => ("http", port),
            Ask::Tcp { port } => ("tcp", port),
            Ask::Ping => ("ping", 0),
        };
        let bound_ms = u64::try_from(bound.as_millis()).unwrap_or(u64::MAX);
        RemoteCommand::script(&scripts::CLIENT_PROBE)
            .words(&[ask])
            .value(&self.address)
            .value(&port)
            .value(&interval_ms)
            .value(&bound_ms)
            .timeout_ms(bound_ms.saturating_add(5_000))
    }
}
