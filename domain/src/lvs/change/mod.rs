//! `lvs.set_weight` and `lvs.drain`: one real server of one service, on every director that has it.
//!
//! A service that keepalived owns changes by keepalived.conf: what ipvsadm alone changes would last
//! until keepalived next writes that real server.

mod commands;
pub(super) mod conf;
mod drill;
pub(super) mod interlock;
mod steps;

#[cfg(test)]
mod tests;

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

pub use conf::{ConfEditError, reweighed};
pub use drill::{Machine, ServerDrill, noticed_within, server_drill};

use super::{
    Owner, RealServer, ServerTraffic, ServiceId, ServiceTraffic, ServiceView, Settings, Table,
    Target, VirtualService, kernel,
};
use crate::fact::Fact;
use crate::ids::NodeId;
use crate::nodes::Link;
use crate::operation::Operation;
use crate::phrase::Phrase;
use crate::plan::{Draft, Expect};
use crate::time::Timestamp;
use crate::vrrp::deploy::{ChangeError, DeployInput, deploy};
use crate::vrrp::facts::RunningJob;

/// ipvsadm and keepalived take no more.
pub const MOST_WEIGHT: u32 = 65_535;
/// The longest that a drain waits, s.
pub const MOST_WAIT_S: u32 = 3_600;

/// What somebody wants of one real server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    pub service: ServiceId,
    pub server: SocketAddr,
    /// 0 quiesces.
    pub weight: u32,
    /// The service may be left without a real server that takes new connections.
    pub may_empty: bool,
    pub drain: Option<Drain>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drain {
    /// The weight that it was asked for with: what putting back means.
    pub was: u32,
    pub within_s: u32,
    pub at_limit: AtLimit,
}

/// What becomes of connections that are left when a drain's time is over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AtLimit {
    /// They go on; the real server keeps weight 0.
    #[default]
    Leave,
    /// They end.
    End,
}

/// Everything that a change is decided from.
#[derive(Debug, Clone)]
pub struct ChangeInput {
    pub service: ServiceView,
    pub directors: Vec<Director>,
    /// Of a service that keepalived owns: the edited files. `None` where they need no edit.
    pub deploy: Option<DeployInput>,
    pub running: Vec<RunningJob>,
}

#[derive(Debug, Clone)]
pub struct Director {
    pub node: NodeId,
    pub name: String,
    pub link: Link,
    pub heard_at: Option<Timestamp>,
    pub table: Option<Fact<Table>>,
    pub traffic: Option<Fact<Vec<ServiceTraffic>>>,
    /// `Err`: why they could not be read.
    pub settings: Result<Fact<Settings>, String>,
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    #[error("expected a service that a director has, such as tcp/192.0.2.1:80; found {0}")]
    NoSuchService(String),
    #[error("{service} has no real server {server}")]
    NoSuchServer { service: String, server: SocketAddr },
    #[error("no node of this fleet has the address of {0}: it cannot be made to fail from here")]
    ForeignServer(SocketAddr),
    #[error("expected a weight of 0 to {MOST_WEIGHT}; found {0}")]
    Weight(u32),
    #[error("expected a wait of 1 to {MOST_WAIT_S} s; found {0}")]
    Wait(u32),
    #[error("{server} has weight {weight} on every director already")]
    Nothing { server: SocketAddr, weight: u32 },
    #[error("the weight in keepalived.conf on {node}: {source}. Edit it at /vrrp/conf")]
    Conf {
        node: String,
        #[source]
        source: ConfEditError,
    },
    #[error("the new keepalived.conf: {0}")]
    Deploy(#[from] ChangeError),
}

/// A director that has the real server in its table.
struct Seat<'a> {
    director: &'a Director,
    server: &'a RealServer,
    traffic: Option<&'a ServerTraffic>,
}

struct Scene<'a> {
    input: &'a ChangeInput,
    wish: &'a Wish,
    target: &'a Target,
    seats: Vec<Seat<'a>>,
}

pub fn change(input: &ChangeInput, wish: &Wish, now: Timestamp) -> Result<Draft, PlanError> {
    let scene = Scene::of(input, wish)?;
    let base = input.deploy.as_ref().map(|input| deploy(input, now)).transpose()?;
    let mut locks = base.as_ref().map_or_else(Vec::new, |base| base.locks.clone());
    locks.push(format!("lvs/{}", wish.service));
    let mut interlocks = interlock::all(&scene, &locks, now);
    let (mut all, mut verification, mut rolled_back) = (Vec::new(), Vec::new(), Vec::new());
    match base {
        Some(base) => {
            let asked_here = |id: &str| interlocks.iter().any(|interlock| interlock.id == id);
            let of_deploy: Vec<_> =
                base.interlocks.into_iter().filter(|i| !asked_here(&i.id)).collect();
            interlocks.extend(of_deploy);
            (all, verification, rolled_back) = (base.steps, base.verification, base.rolled_back);
        }
        None if scene.is_changed() => all.push(steps::set_weight(&scene)),
        None => {}
    }
    all.extend(steps::drain(&scene));
    match wish.drain {
        None => verification.extend(steps::weighs(&scene, |_| wish.weight)),
        Some(_) => {
            let line = kernel::server_line(scene.target, wish.server, wish.weight);
            // keepalived may have taken it out by then.
            verification.retain(|check| check.expect != Expect::Line { line: line.clone() });
            verification.extend(steps::drained(&scene));
        }
    }
    rolled_back.extend(steps::weighs(&scene, |seat| seat.server.weight));
    interlocks.sort_by_key(|interlock| interlock.verdict);
    Ok(Draft {
        operation: wish.operation(),
        title: scene.title(),
        run_label: match wish.drain {
            None => Phrase::new(
                format!("Set weight {}", wish.weight),
                format!("设置权重 {}", wish.weight),
            ),
            Some(_) => {
                Phrase::new(format!("Drain {}", wish.server), format!("排空 {}", wish.server))
            }
        },
        locks,
        interlocks,
        steps: all,
        verification,
        rolled_back,
        prediction: None,
        way_back: scene.way_back(),
    })
}

impl Wish {
    pub fn operation(&self) -> Operation {
        let (service, server) = (self.service.clone(), self.server);
        match self.drain {
            None => Operation::LvsSetWeight {
                service,
                server,
                weight: self.weight,
                may_empty: self.may_empty,
            },
            Some(Drain { was, within_s, at_limit }) => Operation::LvsDrain {
                service,
                server,
                was,
                within_s,
                at_limit,
                may_empty: self.may_empty,
            },
        }
    }

    fn check(&self) -> Result<(), PlanError> {
        if self.weight > MOST_WEIGHT {
            return Err(PlanError::Weight(self.weight));
        }
        match self.drain {
            Some(drain) if !(1..=MOST_WAIT_S).contains(&drain.within_s) => {
                Err(PlanError::Wait(drain.within_s))
            }
            _ => Ok(()),
        }
    }
}

impl<'a> Scene<'a> {
    fn of(input: &'a ChangeInput, wish: &'a Wish) -> Result<Scene<'a>, PlanError> {
        wish.check()?;
        let target = &input.service.target;
        let seats: Vec<Seat<'a>> =
            input.directors.iter().filter_map(|d| d.seat(target, wish.server)).collect();
        if seats.is_empty() {
            let service = wish.service.0.clone();
            return Err(PlanError::NoSuchServer { service, server: wish.server });
        }
        let scene = Scene { input, wish, target, seats };
        if wish.drain.is_none() && !scene.is_changed() && input.deploy.is_none() {
            let (server, weight) = (wish.server, wish.weight);
            return Err(PlanError::Nothing { server, weight });
        }
        Ok(scene)
    }

    fn is_owned(&self) -> bool {
        self.input.service.owner == Owner::Keepalived
    }

    fn is_changed(&self) -> bool {
        self.seats.iter().any(|seat| seat.server.weight != self.wish.weight)
    }

    /// The director whose table clients meet; all of them where that is not known.
    fn waited_on(&self) -> impl Iterator<Item = &Seat<'a>> {
        let holder = self.input.service.holder;
        let known = holder.filter(|holder| self.seats.iter().any(|s| s.director.node == *holder));
        self.seats.iter().filter(move |seat| known.is_none_or(|node| seat.director.node == node))
    }

    fn title(&self) -> Phrase {
        let (server, service) = (self.wish.server, super::describe(self.target));
        let weight = self.wish.weight;
        match self.wish.drain {
            None => Phrase::new(
                format!("Set the weight of {server} in {service} to {weight}"),
                format!("将 {service} 中 {server} 的权重设为 {weight}"),
            ),
            Some(_) => Phrase::new(
                format!("Drain {server} in {service}"),
                format!("排空 {service} 中的 {server}"),
            ),
        }
    }

    fn way_back(&self) -> Phrase {
        let mut was: Vec<u32> = self.seats.iter().map(|seat| seat.server.weight).collect();
        was.dedup();
        let was = was.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
        let server = self.wish.server;
        Phrase::new(
            format!("Set the weight of {server} to what it was: {was}"),
            format!("将 {server} 的权重设回原值：{was}"),
        )
    }
}

impl Director {
    fn service(&self, target: &Target) -> Option<&VirtualService> {
        self.table.as_ref()?.value.services.iter().find(|service| service.target == *target)
    }

    fn seat(&self, target: &Target, socket: SocketAddr) -> Option<Seat<'_>> {
        let is_it = |server: &&RealServer| SocketAddr::new(server.address, server.port) == socket;
        let server = self.service(target)?.real_servers.iter().find(is_it)?;
        let traffic = self.traffic.iter().flat_map(|fact| &fact.value);
        let traffic = traffic.into_iter().find(|traffic| traffic.target == *target);
        let traffic = traffic.and_then(|service| service.server(socket.ip(), socket.port()));
        Some(Seat { director: self, server, traffic })
    }

    fn standing(&self) -> interlock::Standing<'_> {
        (&self.name, &self.link, self.heard_at)
    }

    /// A setting of `net.ipv4.vs`.
    fn setting(&self, name: &str) -> Option<u8> {
        self.settings.as_ref().ok()?.value.values.get(name)?.parse().ok()
    }
}
