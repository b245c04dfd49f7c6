//! `lvs.move_mode`: a service's real servers moved to one forwarding method, as one plan: each is
//! prepared while the old method still works, then the directors change, then what only the old one
//! needed goes.
//!
//! What is prepared are units of systemd on the real server, so that it lasts over a reboot and goes
//! without a trace. What somebody else set there is used and never removed.

mod interlock;
mod needs;
mod prepare;
mod readiness;
mod removed;
mod steps;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

use self::needs::Needs;
pub use self::needs::{Use, moving, uses};
pub use self::prepare::{Preparation, ServerFacts, server_facts};
pub use self::readiness::{Readiness, ReadyState, ServerReadiness, WayReadiness, readiness};
pub use self::removed::{Leaving, clean_up};
use super::edit::{self, EditError, EditInput, ServiceChange};
use super::explain::{Read, Scene as Path};
use super::{Forwarding, Owner, ServiceId, Target, describe};
use crate::operation::Operation;
use crate::phrase::Phrase;
use crate::plan::Draft;
use crate::time::Timestamp;

/// What somebody wants of one service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    pub service: ServiceId,
    pub forwarding: Forwarding,
    /// What the old method needed stays, for connections that go on by it.
    pub keep_old: bool,
}

/// Everything that a move is decided from.
#[derive(Debug, Clone)]
pub struct MoveInput {
    pub edit: EditInput,
    /// The service's path as it is now.
    pub path: Path,
    /// By the real server's own address.
    pub facts: BTreeMap<IpAddr, Read<ServerFacts>>,
    /// Addresses that are always where the service's is.
    pub moving: BTreeSet<IpAddr>,
    /// What other services use on real servers.
    pub uses: Vec<Use>,
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    #[error(transparent)]
    Edit(#[from] EditError),
    #[error("expected the forwarding NAT, DR or TUN; Local is the kernel's choice")]
    Local,
    #[error(
        "expected a service by IPv4 address; found {0}: prepare its real servers by hand, and edit each"
    )]
    NotPrepared(String),
    #[error("{0} has no real server")]
    Empty(String),
    #[error("{service} is in {forwarding} and its real servers are prepared for it already")]
    Nothing { service: String, forwarding: Forwarding },
}

struct Scene<'a> {
    input: &'a MoveInput,
    wish: &'a Wish,
    target: Target,
    address: SocketAddr,
    servers: Vec<Needs<'a>>,
}

/// That a service could be moved at all.
pub fn check(wish: &Wish) -> Result<Target, MoveError> {
    if wish.forwarding == Forwarding::Local {
        return Err(MoveError::Local);
    }
    let target = edit::target(&wish.service).map_err(EditError::from)?;
    match target {
        Target::Address { address, .. } if address.is_ipv4() => Ok(target),
        _ => Err(MoveError::NotPrepared(describe(&target))),
    }
}

/// The edit of the directors that a move contains.
pub fn on_directors(wish: &Wish) -> edit::Wish {
    let change = ServiceChange::Forward { forwarding: wish.forwarding };
    edit::Wish { service: wish.service.clone(), change }
}

pub fn move_mode(input: &MoveInput, wish: &Wish, now: Timestamp) -> Result<Draft, MoveError> {
    let scene = Scene::of(input, wish)?;
    let edited = match edit::edit(&input.edit, &on_directors(wish), now) {
        Ok(draft) => Some(draft),
        Err(EditError::Nothing { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    let idle = scene
        .servers
        .iter()
        .all(|needs| needs.facts.is_some() && needs.wanted.is_none() && needs.stale.is_empty());
    if edited.is_none() && idle {
        let service = describe(&scene.target);
        return Err(MoveError::Nothing { service, forwarding: wish.forwarding });
    }
    let moves = edited.is_some();
    let mut draft = edited.unwrap_or_else(|| scene.without_edit());
    draft.operation = wish.operation();
    draft.title = scene.title();
    draft.run_label = scene.run_label(moves);
    draft.locks.extend(scene.locks());
    draft.locks.sort();
    draft.locks.dedup();
    draft.interlocks.extend(interlock::all(&scene, &draft.locks, moves, now));
    draft.interlocks.sort_by_key(|interlock| interlock.verdict);
    steps::all(&scene, &mut draft, moves);
    draft.way_back = scene.way_back();
    Ok(draft)
}

impl Wish {
    pub fn operation(&self) -> Operation {
        Operation::LvsMoveMode {
            service: self.service.clone(),
            forwarding: self.forwarding,
            keep_old: self.keep_old,
        }
    }
}

impl<'a> Scene<'a> {
    fn of(input: &'a MoveInput, wish: &'a Wish) -> Result<Scene<'a>, MoveError> {
        let target = check(wish)?;
        if input.edit.service.is_none() {
            return Err(EditError::NoSuchService(describe(&target)).into());
        }
        if input.path.servers.is_empty() {
            return Err(MoveError::Empty(describe(&target)));
        }
        let address = input.path.address;
        let servers = input.path.servers.iter().map(|server| Needs::of(input, wish, server));
        Ok(Scene { input, wish, target, address, servers: servers.collect() })
    }

    fn is_owned(&self) -> bool {
        self.input.edit.service.as_ref().is_some_and(|s| s.owner == Owner::Keepalived)
    }

    /// Only real servers change.
    fn without_edit(&self) -> Draft {
        Draft {
            operation: self.wish.operation(),
            title: Phrase::same(""),
            run_label: Phrase::same(""),
            locks: vec![format!("lvs/{}", self.wish.service)],
            interlocks: Vec::new(),
            steps: Vec::new(),
            verification: Vec::new(),
            rolled_back: Vec::new(),
            prediction: None,
            way_back: Phrase::same(""),
        }
    }

    /// Units of one node are written by one job at a time.
    fn locks(&self) -> impl Iterator<Item = String> + '_ {
        let seen = self.servers.iter().filter_map(|needs| needs.server.seen.as_ref());
        seen.map(|seen| format!("node/{}/real-server", seen.node))
    }

    fn title(&self) -> Phrase {
        let (service, way) = (describe(&self.target), self.wish.forwarding);
        let (en, zh) = match self.is_owned() {
            true => ("by keepalived.conf", "通过 keepalived.conf"),
            false => ("directly", "直接"),
        };
        Phrase::new(
            format!("Move {service} to {way}, {en}"),
            format!("{zh}将 {service} 改为 {way}"),
        )
    }

    fn run_label(&self, moves: bool) -> Phrase {
        let way = self.wish.forwarding;
        match moves {
            true => Phrase::new(format!("Move to {way}"), format!("改为 {way}")),
            false => Phrase::new(format!("Prepare for {way}"), format!("为 {way} 做准备")),
        }
    }

    fn way_back(&self) -> Phrase {
        let mut old: Vec<Forwarding> =
            self.servers.iter().map(|needs| needs.server.server.forwarding).collect();
        old.sort_unstable();
        old.dedup();
        match old.as_slice() {
            [way] if *way != self.wish.forwarding => {
                Phrase::new(format!("Move the service to {way} again"), format!("将服务改回 {way}"))
            }
            [_] => Phrase::new(
                "What was prepared goes when the service is moved, or its unit is disabled",
                "准备的内容在服务改用其他方式或停用其单元后移除",
            ),
            _ => Phrase::new(
                "Edit each real server: they were not all alike",
                "逐台编辑真实服务器：原先各不相同",
            ),
        }
    }
}
