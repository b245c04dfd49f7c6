//! Which share of new connections a scheduler means each real server to have.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::{RealServer, VirtualService};

/// What can be expected of a scheduler.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Expectation {
    /// Shares as the weights are.
    ByWeight,
    /// The same for each server with a weight.
    Equal,
    /// All to the server of the highest weight, others only when it fails or is full.
    Highest,
    /// By a hash of addresses: no share can be expected of few clients.
    ByHash,
    /// The scheduler is not known here.
    Unknown,
}

impl Expectation {
    pub fn of(scheduler: &str) -> Expectation {
        match scheduler {
            // Those that count connections share by weight as long as these last equally long.
            "wrr" | "wlc" | "sed" | "nq" => Expectation::ByWeight,
            "rr" | "lc" => Expectation::Equal,
            "fo" | "ovf" => Expectation::Highest,
            "sh" | "dh" | "mh" | "lblc" | "lblcr" => Expectation::ByHash,
            _ => Expectation::Unknown,
        }
    }

    /// Of one server among those of its service, 0 to 1; `None` where nothing can be expected.
    pub fn share(self, service: &VirtualService, server: SocketAddr) -> Option<f64> {
        let part = |candidate: &RealServer| match self {
            Expectation::ByWeight => Some(f64::from(candidate.weight)),
            Expectation::Equal => Some(f64::from(candidate.weight.min(1))),
            Expectation::Highest => {
                let highest = service.real_servers.iter().map(|server| server.weight).max();
                let is_highest = candidate.weight > 0 && Some(candidate.weight) == highest;
                Some(f64::from(u8::from(is_highest)))
            }
            Expectation::ByHash | Expectation::Unknown => None,
        };
        let all: f64 = service.real_servers.iter().map(part).sum::<Option<f64>>()?;
        let is_it = |other: &&RealServer| SocketAddr::new(other.address, other.port) == server;
        let own = service.real_servers.iter().find(is_it).map_or(Some(0.0), part)?;
        (all > 0.0).then(|| own / all)
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    fn shares(scheduler: &str, weights: [u32; 3]) -> Vec<Option<f64>> {
        let [a, b, c] = weights;
        let text = format!(
            "TCP  C0A801C8:0050 {scheduler}\n  -> C0A80166:0050 Route {a} 0 0\n  \
             -> C0A80167:0050 Route {b} 0 0\n  -> C0A80168:0050 Route {c} 0 0\n"
        );
        let service = parse(&text).unwrap().services.remove(0);
        let of = |server: &RealServer| {
            let address = SocketAddr::new(server.address, server.port);
            Expectation::of(scheduler).share(&service, address)
        };
        service.real_servers.iter().map(of).collect()
    }

    #[test]
    fn a_share_is_as_the_scheduler_means_it() {
        assert_eq!(shares("wrr", [2, 1, 1]), [Some(0.5), Some(0.25), Some(0.25)]);
        assert_eq!(shares("rr", [9, 1, 0]), [Some(0.5), Some(0.5), Some(0.0)]);
        assert_eq!(shares("fo", [1, 3, 2]), [Some(0.0), Some(1.0), Some(0.0)]);
        assert_eq!(shares("mh", [2, 1, 1]), [None, None, None]);
        assert_eq!(shares("wlc", [0, 0, 0]), [None, None, None], "nobody gets any");
    }
}
