//! What each scheduler (Linux 6.x, `net/netfilter/ipvs`) does with connections that one client makes
//! one after the other, each closed before the next.

use std::net::SocketAddr;

use crate::lvs::{Expectation, VirtualService};
use crate::phrase::Phrase;

/// Slots of the table of `sh` (`IP_VS_SH_TAB_SIZE`).
const SOURCE_HASH_SLOTS: usize = 256;
/// The second flag of `sh` and `mh`: the client's port is hashed, too.
const BY_PORT: u8 = 2;
/// A connection that is open weighs as much as so many that are closed but not yet forgotten
/// (`ip_vs_dest_conn_overhead`).
const OPEN_WEIGHS: u64 = 256;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// Round after round by weight: how far off a share is has a bound.
    Turns,
    /// To the server with the fewest connections, for its weight or not.
    Fewest { by_weight: bool },
    /// By a hash of the client's address and port: as good as chance.
    ByChance { slots: bool },
    /// All to the first of the highest weight.
    Highest,
    /// One client tells nothing, or nothing can be foretold.
    Nothing(WhyNot),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WhyNot {
    ByClient,
    ByDestination,
    OpenAtOnce,
    Unknown,
}

impl Rule {
    pub(super) fn of(scheduler: &str, flags: &[u8]) -> Rule {
        let by_port = flags.contains(&BY_PORT);
        match scheduler {
            "rr" | "wrr" => Rule::Turns,
            "lc" | "wlc" => Rule::Fewest { by_weight: scheduler == "wlc" },
            "sh" | "mh" if by_port => Rule::ByChance { slots: scheduler == "sh" },
            "sh" | "mh" => Rule::Nothing(WhyNot::ByClient),
            "dh" | "lblc" | "lblcr" => Rule::Nothing(WhyNot::ByDestination),
            "sed" | "nq" => Rule::Nothing(WhyNot::OpenAtOnce),
            "fo" | "ovf" => Rule::Highest,
            _ => Rule::Nothing(WhyNot::Unknown),
        }
    }

    pub(super) fn words(self) -> Phrase {
        match self {
            Rule::Turns => Phrase::new(
                "In turns by weight: each within its part of one round",
                "按权重轮转：偏差不超过一轮中的份额",
            ),
            Rule::Fewest { .. } => Phrase::new(
                "To the server with the fewest connections for its weight: first those that have fewer fill up, then as the weights are",
                "分给相对其权重连接数最少的服务器：先补足较少者，然后按权重",
            ),
            Rule::ByChance { .. } => Phrase::new(
                "By a hash of the client's address and port: by chance as the weights are",
                "按客户端地址和端口的哈希：按权重随机分配",
            ),
            Rule::Highest => {
                Phrase::new("All to the server of the highest weight", "全部分给权重最高的服务器")
            }
            Rule::Nothing(why) => why.words(),
        }
    }

    /// How many of `all` connections each server should get, in the order of the service, whose weights
    /// are those that are meant and whose connections are those of the beginning.
    pub(super) fn expected(self, service: &VirtualService, all: u64) -> Option<Vec<f64>> {
        if service.real_servers.iter().all(|server| server.weight == 0) {
            return None;
        }
        match self {
            Rule::Nothing(_) => None,
            Rule::Fewest { by_weight } => Some(filled(service, by_weight, all)),
            Rule::ByChance { slots: true } => {
                let slots = slots(service);
                Some(slots.iter().map(|share| share * all as f64).collect())
            }
            Rule::ByChance { slots: false } => shares(service, Expectation::ByWeight, all),
            Rule::Turns => shares(service, Expectation::of(&service.scheduler), all),
            Rule::Highest => {
                let highest = service.real_servers.iter().map(|server| server.weight).max()?;
                let first = service.real_servers.iter().position(|s| s.weight == highest)?;
                let part = |at: usize| if at == first { all as f64 } else { 0.0 };
                Some((0..service.real_servers.len()).map(part).collect())
            }
        }
    }

    /// How far each count may be from its share. A round gives a server `c` of its `n` turns, in an
    /// order that is the same in each: over any stretch of turns it is at most c·(1 − c/n) off.
    pub(super) fn bounds(self, service: &VirtualService) -> Option<Vec<f64>> {
        let Rule::Turns = self else { return None };
        let turns = |weight: u32| if service.scheduler == "rr" { weight.min(1) } else { weight };
        let turns: Vec<u32> = service.real_servers.iter().map(|s| turns(s.weight)).collect();
        let divisor = turns.iter().copied().fold(0, greatest_common_divisor).max(1);
        let turns: Vec<f64> = turns.iter().map(|turns| f64::from(turns / divisor)).collect();
        let round: f64 = turns.iter().sum();
        (round > 0.0).then(|| turns.iter().map(|own| own * (1.0 - own / round)).collect())
    }
}

impl WhyNot {
    pub(super) fn words(self) -> Phrase {
        match self {
            WhyNot::ByClient => Phrase::new(
                "It goes by a hash of the client's address: one client always reaches the same server, and cannot prove how clients are shared",
                "按客户端地址的哈希：同一客户端总是到达同一台服务器，无法证明客户端如何分配",
            ),
            WhyNot::ByDestination => Phrase::new(
                "It goes by the address that is asked for: all connections to one address reach the same server",
                "按所请求的地址：到同一地址的连接都到达同一台服务器",
            ),
            WhyNot::OpenAtOnce => Phrase::new(
                "It goes by the connections that are open at the same time. Short ones, one after the other, leave none open: nearly all go to one server, whatever the weights",
                "按同时打开的连接数：逐个的短连接不会同时打开，几乎全部到达同一台服务器，与权重无关",
            ),
            WhyNot::Unknown => Phrase::new(
                "What this scheduler does with short connections is not known here",
                "不知道此调度算法如何分配短连接",
            ),
        }
    }
}

fn shares(service: &VirtualService, by: Expectation, all: u64) -> Option<Vec<f64>> {
    let of = |server: &crate::lvs::RealServer| {
        let share = by.share(service, SocketAddr::new(server.address, server.port))?;
        Some(share * all as f64)
    };
    service.real_servers.iter().map(of).collect()
}

/// Each connection goes to the first of those with the least for its weight, and stays in the table.
fn filled(service: &VirtualService, by_weight: bool, all: u64) -> Vec<f64> {
    let weigh = |weight: u32| if by_weight { weight } else { weight.min(1) };
    let mut servers: Vec<(u64, u64, u64)> = service
        .real_servers
        .iter()
        .map(|server| {
            let load = server.active_connections * OPEN_WEIGHS + server.inactive_connections;
            (load, u64::from(weigh(server.weight)), 0)
        })
        .collect();
    for _ in 0..all {
        let able = servers.iter_mut().filter(|(_, weight, _)| *weight > 0);
        let least = able.reduce(|best, other| {
            let less =
                u128::from(other.0) * u128::from(best.1) < u128::from(best.0) * u128::from(other.1);
            if less { other } else { best }
        });
        if let Some((load, _, got)) = least {
            *load += 1;
            *got += 1;
        }
    }
    servers.into_iter().map(|(_, _, got)| got as f64).collect()
}

/// `sh` fills its slots in the order of the servers, each as often as its weight, again and again.
fn slots(service: &VirtualService) -> Vec<f64> {
    let turns = service.real_servers.iter().enumerate().flat_map(|(at, server)| {
        std::iter::repeat_n(at, usize::try_from(server.weight).unwrap_or(SOURCE_HASH_SLOTS))
    });
    let mut shares = vec![0.0; service.real_servers.len()];
    for at in turns.cycle().take(SOURCE_HASH_SLOTS) {
        if let Some(share) = shares.get_mut(at) {
            *share += 1.0 / SOURCE_HASH_SLOTS as f64;
        }
    }
    shares
}

fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}
