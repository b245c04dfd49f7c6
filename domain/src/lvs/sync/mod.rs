//! `lvs.sync_daemon`: the kernel's daemons that tell other directors of connections, started and stopped.
//!
//! Where keepalived.conf names them, or shall, its line changes and keepalived does the rest; else
//! ipvsadm does it, until the next boot.

mod commands;
mod conf;
mod interlock;
mod steps;
#[cfg(test)]
mod tests;
mod wish;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

pub use self::commands::heard;
pub use self::conf::{ConfiguredSync, SyncConfError, configured, rewritten};
pub use self::wish::{GROUP, MOST_BYTES, PORT, SyncRoles, SyncWishError, WantedSync};
use super::{Settings, SyncDaemon, SyncRole};
use crate::fact::Fact;
use crate::ids::NodeId;
use crate::nodes::{InterfaceAddress, Link};
use crate::operation::Operation;
use crate::phrase::Phrase;
use crate::plan::Draft;
use crate::time::Timestamp;
use crate::vrrp::deploy::{ChangeError, DeployInput, deploy};
use crate::vrrp::facts::RunningJob;

/// What somebody wants of the sync daemons of some directors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    pub directors: Vec<NodeId>,
    pub roles: SyncRoles,
    /// `None`: they stop.
    pub daemon: Option<WantedSync>,
    /// By keepalived.conf also where it does not name them yet.
    pub in_conf: bool,
}

/// Everything that is decided from.
#[derive(Debug, Clone)]
pub struct SyncInput {
    /// All of the fleet: those that stay as they are may be whom the others exchange with.
    pub directors: Vec<Director>,
    /// The edited files; `None` where none needs an edit.
    pub deploy: Option<DeployInput>,
    /// A client that can make connections, and what it asks.
    pub asks: Option<Asks>,
    pub running: Vec<RunningJob>,
}

#[derive(Debug, Clone)]
pub struct Director {
    pub node: NodeId,
    pub name: String,
    pub link: Link,
    pub heard_at: Option<Timestamp>,
    pub addresses: Option<Fact<Vec<InterfaceAddress>>>,
    /// With the daemons that run; `Err`: why they could not be read.
    pub settings: Result<Fact<Settings>, String>,
    /// Of those that change. `Err`: why keepalived.conf could not be read.
    pub configured: Result<Option<ConfiguredSync>, String>,
    /// Of those that change: what others send.
    pub heard: Result<Fact<Vec<Heard>>, String>,
    pub active_connections: u64,
}

/// A message of another sync daemon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    pub sync_id: u8,
    pub from: IpAddr,
}

#[derive(Debug, Clone)]
pub struct Asks {
    pub client: NodeId,
    pub name: String,
    pub service: SocketAddr,
    /// The director that has the service's address.
    pub holder: NodeId,
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    #[error(transparent)]
    Wish(#[from] SyncWishError),
    #[error(
        "{director}: keepalived.conf starts both daemons, or the one of its instance's state: expected both"
    )]
    Both { director: String },
    #[error("keepalived.conf on {director}: {source}. Edit it at /vrrp/conf")]
    Conf {
        director: String,
        #[source]
        source: SyncConfError,
    },
    #[error("the new keepalived.conf: {0}")]
    Deploy(#[from] ChangeError),
    #[error("the sync daemons of {0} are so already")]
    Nothing(String),
}

/// A director that changes.
struct Seat<'a> {
    director: &'a Director,
    /// keepalived.conf has the line, or gets it.
    by_conf: bool,
    /// Its keepalived.conf changes.
    deploys: bool,
    before: BTreeMap<Role, &'a SyncDaemon>,
}

/// A daemon's role, in an order.
type Role = &'static str;

struct Scene<'a> {
    input: &'a SyncInput,
    wish: &'a Wish,
    seats: Vec<Seat<'a>>,
}

pub fn sync(input: &SyncInput, wish: &Wish, now: Timestamp) -> Result<Draft, SyncError> {
    wish.check()?;
    let scene = Scene::of(input, wish)?;
    let base = input.deploy.as_ref().map(|input| deploy(input, now)).transpose()?;
    let mut locks: Vec<String> =
        scene.seats.iter().map(|seat| format!("node/{}/ipvs-sync", seat.director.node)).collect();
    locks.extend(base.iter().flat_map(|base| base.locks.clone()));
    let mut interlocks = interlock::all(&scene, &locks, now);
    let mut draft = Draft {
        operation: wish.operation(),
        title: scene.title(),
        run_label: scene.run_label(),
        locks,
        interlocks: Vec::new(),
        steps: Vec::new(),
        verification: Vec::new(),
        rolled_back: Vec::new(),
        prediction: None,
        way_back: scene.way_back(),
    };
    if let Some(base) = base {
        let asked: BTreeSet<String> = interlocks.iter().map(|row| row.id.clone()).collect();
        interlocks.extend(base.interlocks.into_iter().filter(|row| !asked.contains(&row.id)));
        draft.steps = base.steps;
        draft.verification = base.verification;
        draft.rolled_back = base.rolled_back;
    }
    interlocks.sort_by_key(|interlock| interlock.verdict);
    draft.interlocks = interlocks;
    draft.steps = steps::all(&scene, draft.steps);
    draft.verification.extend(steps::checks(&scene));
    draft.rolled_back.extend(steps::checks_before(&scene));
    Ok(draft)
}

impl Wish {
    pub fn operation(&self) -> Operation {
        Operation::LvsSyncDaemon {
            directors: self.directors.clone(),
            roles: self.roles,
            daemon: self.daemon.clone(),
            in_conf: self.in_conf,
        }
    }

    pub fn check(&self) -> Result<(), SyncWishError> {
        let distinct: BTreeSet<&NodeId> = self.directors.iter().collect();
        if distinct.is_empty() || distinct.len() != self.directors.len() {
            return Err(SyncWishError::Directors);
        }
        self.daemon.as_ref().map_or(Ok(()), WantedSync::check)
    }

    /// Whether a director's daemons change by its keepalived.conf.
    pub fn is_by_conf(&self, configured: Option<&ConfiguredSync>) -> bool {
        configured.is_some() || (self.in_conf && self.daemon.is_some())
    }
}

impl Heard {
    /// What [`heard`] prints: an id and an address a line.
    pub fn parse(printed: &str) -> Vec<Heard> {
        let heard = |line: &str| {
            let (id, from) = line.split_once(' ')?;
            Some(Heard { sync_id: id.parse().ok()?, from: from.trim().parse().ok()? })
        };
        printed.lines().filter_map(heard).collect()
    }
}

impl<'a> Scene<'a> {
    fn of(input: &'a SyncInput, wish: &'a Wish) -> Result<Scene<'a>, SyncError> {
        let changes = input.directors.iter().filter(|d| wish.directors.contains(&d.node));
        let seats: Vec<Seat<'a>> =
            changes.map(|director| Seat::of(input, director, wish)).collect();
        let one_role = seats.iter().find(|seat| seat.by_conf && wish.roles != SyncRoles::Both);
        if let Some(seat) = one_role {
            return Err(SyncError::Both { director: seat.director.name.clone() });
        }
        let scene = Scene { input, wish, seats };
        let idle = |seat: &Seat<'_>| {
            seat.director.settings.is_ok()
                && (seat.follows().is_some() || seat.changes(wish).is_empty())
        };
        if input.deploy.is_none() && scene.seats.iter().all(idle) {
            return Err(SyncError::Nothing(scene.names()));
        }
        Ok(scene)
    }

    fn names(&self) -> String {
        let names: Vec<&str> = self.seats.iter().map(|seat| seat.director.name.as_str()).collect();
        names.join(", ")
    }

    fn title(&self) -> Phrase {
        let names = self.names();
        match &self.wish.daemon {
            Some(WantedSync { interface, sync_id, .. }) => Phrase::new(
                format!("Synchronise connections of {names} by {interface}, sync id {sync_id}"),
                format!("通过 {interface} 同步 {names} 的连接，同步 ID {sync_id}"),
            ),
            None => Phrase::new(
                format!("Stop the sync daemons of {names}"),
                format!("停止 {names} 的同步守护进程"),
            ),
        }
    }

    fn run_label(&self) -> Phrase {
        match self.wish.daemon {
            Some(_) => Phrase::new("Start synchronisation", "启动同步"),
            None => Phrase::new("Stop synchronisation", "停止同步"),
        }
    }

    fn way_back(&self) -> Phrase {
        match self.wish.daemon {
            Some(_) => Phrase::new("Stop them again", "再次停止"),
            None => Phrase::new("Start them again as they were", "按原样重新启动"),
        }
    }

    /// The daemon of a role that a director runs afterwards: its sync id.
    fn then(&self, director: &Director, role: SyncRole) -> Option<u32> {
        let changes =
            self.wish.directors.contains(&director.node) && self.wish.roles.all().contains(&role);
        if changes {
            return self.wish.daemon.as_ref().map(|daemon| u32::from(daemon.sync_id));
        }
        let daemons = director.settings.iter().flat_map(|fact| &fact.value.daemons);
        daemons.into_iter().find(|daemon| daemon.role == role).map(|daemon| daemon.sync_id)
    }

    /// Directors that get the connections of the one that clients meet, once all is done.
    fn receivers(&self) -> Vec<&'a Director> {
        let Some(asks) = &self.input.asks else { return Vec::new() };
        let holder = self.input.directors.iter().find(|director| director.node == asks.holder);
        let Some(sent) = holder.and_then(|holder| self.then(holder, SyncRole::Master)) else {
            return Vec::new();
        };
        let others = self.input.directors.iter().filter(|director| director.node != asks.holder);
        others.filter(|other| self.then(other, SyncRole::Backup) == Some(sent)).collect()
    }
}

impl<'a> Seat<'a> {
    fn of(input: &SyncInput, director: &'a Director, wish: &Wish) -> Seat<'a> {
        let configured = director.configured.as_ref().ok().and_then(Option::as_ref);
        let daemons = director.settings.iter().flat_map(|fact| &fact.value.daemons);
        let before = daemons.into_iter().map(|daemon| (commands::word(daemon.role), daemon));
        let changed = input.deploy.iter().flat_map(|deploy| &deploy.directors);
        let changed = changed.filter(|changed| !changed.files.is_empty());
        Seat {
            director,
            by_conf: wish.is_by_conf(configured),
            deploys: changed.into_iter().any(|changed| changed.node == director.node),
            before: before.collect(),
        }
    }

    fn before(&self, role: SyncRole) -> Option<&'a SyncDaemon> {
        self.before.get(commands::word(role)).copied()
    }

    /// Roles whose daemon is not as wanted.
    fn changes(&self, wish: &Wish) -> Vec<SyncRole> {
        let differs = |role: &SyncRole| match (&wish.daemon, self.before(*role)) {
            (None, before) => before.is_some(),
            (Some(_), None) => true,
            (Some(wanted), Some(before)) => !wanted.is(before),
        };
        wish.roles.all().iter().copied().filter(differs).collect()
    }

    /// Whose state decides which of the daemons keepalived runs.
    fn follows(&self) -> Option<&'a str> {
        self.director.configured.as_ref().ok()?.as_ref()?.instance.as_deref()
    }
}
