//! `lvs.change_service`: a virtual service and its real servers added, edited and deleted, on every
//! director that has it.
//!
//! A service that keepalived owns changes by keepalived.conf, and no other does by it.
//! Each director's service is looked at whole, before and after, in its own table: what it was is
//! what an undo puts back, options and thresholds included.

mod added;
mod commands;
mod conf;
mod interlock;
mod state;
mod steps;
mod wish;

#[cfg(test)]
mod tests;

use std::net::SocketAddr;

pub use wish::{
    MOST_PERSISTENCE_S, MOST_THRESHOLD, Persistence, ServerLineError, ServiceChange, WantedOptions,
    WantedServer, WishError, target,
};

pub use self::added::added_as;
pub use self::commands::shown;
pub use self::conf::{OwnedError, rewritten};
use self::state::ServiceState;
use super::{
    Owner, RealServer, ServiceId, ServiceTraffic, ServiceView, Table, Target, VirtualService,
    describe,
};
use crate::fact::Fact;
use crate::firewall::{self, Family, Reading};
use crate::ids::NodeId;
use crate::nodes::Link;
use crate::operation::Operation;
use crate::phrase::Phrase;
use crate::plan::Draft;
use crate::time::Timestamp;
use crate::vrrp::deploy::{ChangeError, DeployInput, deploy};
use crate::vrrp::facts::RunningJob;

/// What somebody wants of one service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    pub service: ServiceId,
    pub change: ServiceChange,
}

/// Everything that an edit is decided from.
#[derive(Debug, Clone)]
pub struct EditInput {
    /// As the directors have it; `None`: none has.
    pub service: Option<ServiceView>,
    /// Those that have it or, for a new one, shall have it.
    pub directors: Vec<Director>,
    /// Other nodes that carry the service's address by VRRP.
    pub others: Vec<String>,
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
    /// Its keepalived.conf has the service; `None`: it was not read whole.
    pub is_configured: Option<bool>,
    /// The service's address is on its interfaces.
    pub has_address: bool,
    /// An instance of its keepalived.conf carries the address.
    pub carries_address: bool,
    /// What [`shown`] printed just now: probes tell options and thresholds some seconds later than the
    /// table. `Err`: why it could not be read.
    pub shown: Result<Fact<String>, String>,
    /// `net.ipv4.ip_forward`; `Err`: why it could not be read.
    pub forwards: Result<Fact<bool>, String>,
    /// Whether a rule of iptables gives packets the service's firewall mark; `Err`: why that is not
    /// known.
    pub sets_mark: Result<Fact<bool>, String>,
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    #[error(transparent)]
    Wish(#[from] WishError),
    #[error("expected a service that a director has; found none {0}")]
    NoSuchService(String),
    #[error("{service} is there already: edit it, or choose another address, port or protocol")]
    Exists { service: String },
    #[error("{service} is in the keepalived.conf of {node} already: edit it at /vrrp/conf")]
    Configured { service: String, node: String },
    #[error("keepalived.conf on {node}: {source}. Edit it at /vrrp/conf")]
    Conf {
        node: String,
        #[source]
        source: OwnedError,
    },
    #[error("the new keepalived.conf: {0}")]
    Deploy(#[from] ChangeError),
    #[error("{service} has no real server {server}")]
    NoSuchServer { service: String, server: SocketAddr },
    #[error("{service} has the real server {server} already: edit it")]
    ServerExists { service: String, server: SocketAddr },
    #[error("{service} is so on every director already")]
    Nothing { service: String },
    #[error(
        "expected a scheduler, netmask and persistence engine of ipvsadm for {service}; found {found}"
    )]
    Unreadable { service: String, found: String },
}

/// A director with its service as it is and as it shall be.
struct Seat<'a> {
    director: &'a Director,
    before: Option<ServiceState>,
    after: Option<ServiceState>,
    /// The options and thresholds, which the table lacks, were told.
    is_told: bool,
}

struct Scene<'a> {
    input: &'a EditInput,
    wish: &'a Wish,
    target: Target,
    /// The director that clients meet comes last: what fails before it, they do not notice.
    seats: Vec<Seat<'a>>,
}

pub fn edit(input: &EditInput, wish: &Wish, now: Timestamp) -> Result<Draft, EditError> {
    let scene = Scene::of(input, wish)?;
    let mut draft = Draft {
        operation: wish.operation(),
        title: scene.title(),
        run_label: scene.run_label(),
        locks: vec![format!("lvs/{}", wish.service)],
        interlocks: Vec::new(),
        steps: Vec::new(),
        verification: Vec::new(),
        rolled_back: Vec::new(),
        prediction: None,
        way_back: scene.way_back(),
    };
    let base = input.deploy.as_ref().map(|input| deploy(input, now)).transpose()?;
    draft.locks.extend(base.iter().flat_map(|base| base.locks.clone()));
    draft.interlocks = interlock::all(&scene, &draft.locks, now);
    match base {
        Some(base) => by_keepalived(&mut draft, base),
        None => {
            draft.steps = steps::all(&scene);
            draft.verification = steps::checks(&scene, |seat| seat.after.as_ref());
            draft.rolled_back = steps::checks(&scene, |seat| seat.before.as_ref());
        }
    }
    draft.interlocks.sort_by_key(|interlock| interlock.verdict);
    Ok(draft)
}

fn by_keepalived(draft: &mut Draft, base: Draft) {
    let asked = |id: &str| draft.interlocks.iter().any(|interlock| interlock.id == id);
    let of_deploy: Vec<_> = base.interlocks.into_iter().filter(|i| !asked(&i.id)).collect();
    draft.interlocks.extend(of_deploy);
    draft.steps = base.steps;
    draft.verification = base.verification;
    draft.rolled_back = base.rolled_back;
    draft.way_back = base.way_back;
}

/// Whether a rule of the node's iptables gives packets a mark; `Err`: tables of nft may.
pub fn sets_mark(reading: &Reading, mark: u32, ipv6: bool) -> Result<bool, String> {
    let family = if ipv6 { Family::V6 } else { Family::V4 };
    let gives = |target: &firewall::Target| matches!(target, firewall::Target::Mark { value, .. } if *value == mark);
    for (tool, view) in reading.rulesets.iter().filter(|(tool, _)| tool.family() == family) {
        // A tool that is not installed has no rules.
        let Ok(rules) = tool.parse(&view.text) else { continue };
        let chains = rules.tables.iter().flat_map(|table| &table.chains);
        if chains.flat_map(|chain| &chain.rules).any(|rule| gives(&rule.target)) {
            return Ok(true);
        }
    }
    match reading.others.iter().find(|table| table.text.contains("mark set")) {
        Some(table) => Err(format!("table {} of nft sets marks", table.name)),
        None => Ok(false),
    }
}

impl Wish {
    pub fn operation(&self) -> Operation {
        Operation::LvsChangeService { service: self.service.clone(), change: self.change.clone() }
    }
}

impl<'a> Scene<'a> {
    fn of(input: &'a EditInput, wish: &'a Wish) -> Result<Scene<'a>, EditError> {
        let target = target(&wish.service)?;
        wish.change.check(&target)?;
        let mut seats = match &wish.change {
            ServiceChange::AddService { options, one_packet, servers, .. } => {
                absent(input, &target)?;
                let after = ServiceState::new(&target, options, *one_packet, servers);
                let seat = |director| Seat {
                    director,
                    before: None,
                    after: Some(after.clone()),
                    is_told: true,
                };
                input.directors.iter().map(seat).collect()
            }
            change => seats(input, &target, change)?,
        };
        let is_so = |seat: &Seat<'_>| seat.is_told && seat.before == seat.after;
        let is_owned = input.service.as_ref().is_some_and(|s| s.owner == Owner::Keepalived);
        if input.deploy.is_none() && (is_owned || seats.iter().all(is_so)) {
            return Err(EditError::Nothing { service: describe(&target) });
        }
        let holder = input.service.as_ref().and_then(|service| service.holder);
        seats.sort_by_key(|Seat { director, .. }| {
            let is_met = holder == Some(director.node) || director.has_address;
            (is_met, director.node)
        });
        Ok(Scene { input, wish, target, seats })
    }

    /// It changes by keepalived.conf.
    fn is_owned(&self) -> bool {
        self.input.deploy.is_some()
    }

    fn is_new(&self) -> bool {
        matches!(self.wish.change, ServiceChange::AddService { .. })
    }

    fn title(&self) -> Phrase {
        let service = describe(&self.target);
        match &self.wish.change {
            ServiceChange::AddService { .. } => {
                Phrase::new(format!("Add {service}"), format!("添加 {service}"))
            }
            ServiceChange::EditService { .. } => {
                Phrase::new(format!("Edit {service}"), format!("编辑 {service}"))
            }
            ServiceChange::DeleteService {} => {
                Phrase::new(format!("Delete {service}"), format!("删除 {service}"))
            }
            ServiceChange::AddServer { server } => {
                let server = server.server;
                Phrase::new(
                    format!("Add {server} to {service}"),
                    format!("在 {service} 中添加 {server}"),
                )
            }
            ServiceChange::EditServer { server, .. } => Phrase::new(
                format!("Edit {server} in {service}"),
                format!("编辑 {service} 中的 {server}"),
            ),
            ServiceChange::DeleteServer { server } => Phrase::new(
                format!("Delete {server} from {service}"),
                format!("从 {service} 中删除 {server}"),
            ),
            ServiceChange::Forward { forwarding } => Phrase::new(
                format!("Move {service} to {forwarding}"),
                format!("将 {service} 改为 {forwarding}"),
            ),
        }
    }

    fn run_label(&self) -> Phrase {
        let what = match self.wish.change.server() {
            Some(server) => server.to_string(),
            None => describe(&self.target),
        };
        let (en, zh) = match &self.wish.change {
            ServiceChange::AddService { .. } | ServiceChange::AddServer { .. } => ("Add", "添加"),
            ServiceChange::EditService { .. } | ServiceChange::EditServer { .. } => {
                ("Edit", "编辑")
            }
            ServiceChange::Forward { .. } => ("Move", "更改"),
            ServiceChange::DeleteService {} | ServiceChange::DeleteServer { .. } => {
                ("Delete", "删除")
            }
        };
        Phrase::new(format!("{en} {what}"), format!("{zh} {what}"))
    }

    fn way_back(&self) -> Phrase {
        let Some(before) = self.seats.iter().find_map(|seat| seat.before.as_ref()) else {
            return Phrase::new("Delete the service", "删除该服务");
        };
        let was = before.line().replace(';', "; ");
        Phrase::new(
            format!("Make the service what it was: {was}"),
            format!("将服务恢复为原样：{was}"),
        )
    }
}

/// That a new service is nowhere yet.
fn absent(input: &EditInput, target: &Target) -> Result<(), EditError> {
    let service = describe(target);
    if let Some(director) = input.directors.iter().find(|d| d.is_configured == Some(true)) {
        return Err(EditError::Configured { service, node: director.name.clone() });
    }
    if input.directors.iter().any(|director| director.service(target).is_some()) {
        return Err(EditError::Exists { service });
    }
    Ok(())
}

/// What the directors have, and what becomes of it.
fn seats<'a>(
    input: &'a EditInput,
    target: &Target,
    change: &ServiceChange,
) -> Result<Vec<Seat<'a>>, EditError> {
    let service = describe(target);
    let owner = input.service.as_ref().map(|service| service.owner);
    if owner.is_none() {
        return Err(EditError::NoSuchService(service));
    }
    // A server that keepalived took out is in its files.
    if let (Some(server), true) = (change.server(), owner != Some(Owner::Keepalived)) {
        let is_there = input.directors.iter().any(|d| d.server(target, server).is_some());
        match (change, is_there) {
            (ServiceChange::AddServer { .. }, true) => {
                return Err(EditError::ServerExists { service, server });
            }
            (ServiceChange::AddServer { .. }, false) | (_, true) => {}
            (_, false) => return Err(EditError::NoSuchServer { service, server }),
        }
    }
    let seat = |director: &'a Director| {
        let Some(service) = director.service(target) else {
            return Ok(Seat { director, before: None, after: None, is_told: true });
        };
        let before = ServiceState::of(service, director.traffic_of(target))?;
        let after = before.as_ref().map(|before| before.with(target, change)).transpose()?;
        Ok(Seat { director, is_told: before.is_some(), before, after: after.flatten() })
    };
    input.directors.iter().map(seat).collect()
}

impl Director {
    fn service(&self, target: &Target) -> Option<&VirtualService> {
        self.table.as_ref()?.value.services.iter().find(|service| service.target == *target)
    }

    fn traffic_of(&self, target: &Target) -> Option<&ServiceTraffic> {
        self.traffic.as_ref()?.value.iter().find(|traffic| traffic.target == *target)
    }

    fn server(&self, target: &Target, socket: SocketAddr) -> Option<&RealServer> {
        let is_it = |server: &&RealServer| SocketAddr::new(server.address, server.port) == socket;
        self.service(target)?.real_servers.iter().find(is_it)
    }
}
