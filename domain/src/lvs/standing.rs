//! How each director treated its real servers over time, as it was seen: since when one is in
//! service, and when a check took it out.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::{RealServer, ServiceId, Table, VirtualService};
use crate::fact::STALE_AFTER;
use crate::ids::NodeId;
use crate::nodes::{LinkState, Observed};
use crate::time::Timestamp;

/// An unbroken time in which a director was seen to treat a real server alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ServerStretch {
    pub director: NodeId,
    pub service: ServiceId,
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub server: SocketAddr,
    /// As the director's table had it. `None`: keepalived.conf has the server and the table does not,
    /// because a check failed.
    pub weight: Option<u32>,
    pub began_at: Timestamp,
    /// The change to it was seen. Else it was so when the director was first looked at, and may have
    /// been for longer.
    pub began_seen: bool,
    /// When it was last seen so. `None`: it lasts.
    pub ended_at: Option<Timestamp>,
}

/// Follows one director.
#[derive(Debug, Clone, Default)]
pub struct Standings {
    open: BTreeMap<Key, Standing>,
    /// While the table can be seen: what stands for its content, and when it was last proved.
    seen: Option<(u64, Timestamp)>,
    changes: Vec<ServerStretch>,
}

type Key = (ServiceId, SocketAddr);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Standing {
    weight: Option<u32>,
    began_at: Timestamp,
    began_seen: bool,
}

impl Standings {
    /// Takes what is seen of the director now.
    pub fn note(&mut self, director: NodeId, observed: &Observed) {
        let sight = matches!(observed.link.state, LinkState::Up | LinkState::Silent)
            && !observed.unreadable.contains_key("lvs");
        let Some(table) = observed.lvs.as_ref().filter(|_| sight) else {
            return self.lose_sight(director);
        };
        if self.seen.is_some_and(|(_, until)| until.age(table.observed_at) > STALE_AFTER) {
            self.lose_sight(director);
        }
        let empty = Table::default();
        let configured = observed.lvs_conf.as_ref().map_or(&empty, |fact| &fact.value);
        let content = content(&table.value, configured);
        let before = self.seen.replace((content, table.observed_at));
        if before.is_none_or(|(before, _)| before != content) {
            let standing = standing(&table.value, configured);
            self.compare(director, &standing, table.observed_at, before.is_some());
        }
    }

    /// When the director's table was last seen; `None` while it cannot be.
    pub fn seen_until(&self) -> Option<Timestamp> {
        self.seen.map(|(_, seen_until)| seen_until)
    }

    /// What ended and what began since this was last asked, in the order of time.
    pub fn take_changes(&mut self) -> Vec<ServerStretch> {
        std::mem::take(&mut self.changes)
    }

    /// Nothing is claimed of the time until the director is seen again.
    pub fn lose_sight(&mut self, director: NodeId) {
        let Some((_, seen_until)) = self.seen.take() else { return };
        self.compare(director, &BTreeMap::new(), seen_until, true);
    }

    fn compare(
        &mut self,
        director: NodeId,
        now: &BTreeMap<Key, Option<u32>>,
        at: Timestamp,
        began_seen: bool,
    ) {
        let Standings { open, changes, .. } = self;
        open.retain(|key, standing| {
            let goes_on = now.get(key) == Some(&standing.weight);
            if !goes_on {
                changes.push(stretch(director, key, *standing, Some(at)));
            }
            goes_on
        });
        for (key, weight) in now {
            if !open.contains_key(key) {
                let standing = Standing { weight: *weight, began_at: at, began_seen };
                changes.push(stretch(director, key, standing, None));
                open.insert(key.clone(), standing);
            }
        }
    }
}

fn stretch(
    director: NodeId,
    (service, server): &Key,
    Standing { weight, began_at, began_seen }: Standing,
    ended_at: Option<Timestamp>,
) -> ServerStretch {
    let (service, server) = (service.clone(), *server);
    ServerStretch { director, service, server, weight, began_at, began_seen, ended_at }
}

/// Each real server with its weight; `None`: configured and not in the table.
fn standing(table: &Table, configured: &Table) -> BTreeMap<Key, Option<u32>> {
    let all = |table: &Table, weight: fn(&RealServer) -> Option<u32>| {
        let of_service = |service: &VirtualService| {
            let id = ServiceId::of(&service.target);
            let servers = service.real_servers.iter();
            servers.map(|server| ((id.clone(), socket(server)), weight(server))).collect::<Vec<_>>()
        };
        table.services.iter().flat_map(of_service).collect::<BTreeMap<_, _>>()
    };
    let mut standing = all(configured, |_| None);
    standing.extend(all(table, |server| Some(server.weight)));
    standing
}

/// Connections come and go: what stands for everything else is compared first, as a large table is
/// seen every second.
fn content(table: &Table, configured: &Table) -> u64 {
    let mut hasher = DefaultHasher::new();
    for table in [table, configured] {
        for service in &table.services {
            service.target.hash(&mut hasher);
            for server in &service.real_servers {
                (socket(server), server.weight).hash(&mut hasher);
            }
        }
        "configured".hash(&mut hasher);
    }
    hasher.finish()
}

fn socket(server: &RealServer) -> SocketAddr {
    SocketAddr::new(server.address, server.port)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::Fact;
    use crate::lvs::{self, Forwarding, Target};
    use crate::nodes::Link;

    const DIRECTOR: NodeId = NodeId(3);

    fn table(servers: &[(&str, u32)]) -> Table {
        let server = |(socket, weight): &(&str, u32)| {
            let socket: SocketAddr = socket.parse().unwrap();
            RealServer {
                address: socket.ip(),
                port: socket.port(),
                forwarding: Forwarding::Dr,
                weight: *weight,
                active_connections: 0,
                inactive_connections: 0,
            }
        };
        let service = VirtualService {
            target: Target::Address {
                protocol: lvs::Protocol::Tcp,
                address: "192.168.1.200:80".parse().unwrap(),
            },
            scheduler: "wrr".to_owned(),
            persistent_s: None,
            real_servers: servers.iter().map(server).collect(),
        };
        Table { services: vec![service] }
    }

    fn seen(at: i64, in_table: &[(&str, u32)]) -> Observed {
        let now = Timestamp(at);
        let mut observed = Observed::nothing(now);
        observed.link = Link { state: LinkState::Up, since: now, reason: None };
        observed.lvs = Some(Fact::new(table(in_table), now, "ip_vs"));
        observed.lvs_conf = Some(Fact::new(table(&BOTH), now, "keepalived.conf"));
        observed
    }

    const BOTH: [(&str, u32); 2] = [("192.168.1.102:80", 2), ("192.168.1.103:80", 1)];

    /// Server, weight, from, whether the begin was seen, until.
    type Told = (String, Option<u32>, i64, bool, Option<i64>);

    fn told(standings: &mut Standings) -> Vec<Told> {
        let tell = |stretch: ServerStretch| {
            let ended_at = stretch.ended_at.map(|at| at.0);
            let ServerStretch { server, weight, began_at, began_seen, .. } = stretch;
            (server.ip().to_string(), weight, began_at.0, began_seen, ended_at)
        };
        standings.take_changes().into_iter().map(tell).collect()
    }

    #[test]
    fn a_server_that_fails_its_check_is_out_until_it_is_back() {
        let mut standings = Standings::default();
        standings.note(DIRECTOR, &seen(10, &BOTH));
        let (a, b) = ("192.168.1.102".to_owned(), "192.168.1.103".to_owned());
        assert_eq!(
            told(&mut standings),
            [(a, Some(2), 10, false, None), (b.clone(), Some(1), 10, false, None)]
        );
        standings.note(DIRECTOR, &seen(20, &BOTH));
        assert_eq!((told(&mut standings), standings.seen_until()), (vec![], Some(Timestamp(20))));
        standings.note(DIRECTOR, &seen(30, &BOTH[..1]));
        assert_eq!(
            told(&mut standings),
            [(b.clone(), Some(1), 10, false, Some(30)), (b.clone(), None, 30, true, None)]
        );
        standings.note(DIRECTOR, &seen(40, &[BOTH[0], ("192.168.1.103:80", 0)]));
        assert_eq!(
            told(&mut standings),
            [(b.clone(), None, 30, true, Some(40)), (b, Some(0), 40, true, None)]
        );
    }

    #[test]
    fn of_a_time_without_sight_nothing_is_told() {
        let mut standings = Standings::default();
        standings.note(DIRECTOR, &seen(10, &BOTH[..1]));
        standings.take_changes();
        let mut away = seen(99, &BOTH[..1]);
        away.link.state = LinkState::Down;
        standings.note(DIRECTOR, &away);
        let ends: Vec<_> = told(&mut standings).into_iter().map(|told| told.4).collect();
        assert_eq!((ends, standings.seen_until()), (vec![Some(10), Some(10)], None));
        standings.note(DIRECTOR, &away);
        assert!(told(&mut standings).is_empty(), "nothing ends twice");
        standings.note(DIRECTOR, &seen(120, &BOTH[..1]));
        let begins: Vec<_> =
            told(&mut standings).into_iter().map(|told| (told.2, told.3)).collect();
        assert_eq!(begins, [(120, false), (120, false)], "when it came to be so was not seen");
        standings.note(DIRECTOR, &seen(20_000, &BOTH[..1]));
        let silent: Vec<_> =
            told(&mut standings).into_iter().map(|told| (told.2, told.4)).collect();
        let (ended, begun) = ((120, Some(120)), (20_000, None));
        assert_eq!(
            silent,
            [ended, ended, begun, begun],
            "it was silent for longer than facts last"
        );
    }
}
