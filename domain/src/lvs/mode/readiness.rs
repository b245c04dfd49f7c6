//! Whether each real server of a service is ready for each forwarding method, and what it lacks.

use serde::{Deserialize, Serialize};

use super::interlock::wrong;
use super::needs::{Needs, has_address};
use super::{MoveError, MoveInput, Preparation, Scene, Wish};
use crate::ids::NodeId;
use crate::lvs::{Forwarding, ServiceId};
use crate::phrase::Phrase;
use crate::signal::Signal;
use crate::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Readiness {
    pub service: ServiceId,
    pub at: Timestamp,
    /// NAT, DR and TUN, each with every real server.
    pub ways: Vec<WayReadiness>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WayReadiness {
    pub forwarding: Forwarding,
    pub servers: Vec<ServerReadiness>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ServerReadiness {
    /// `None`: it is no node of this fleet.
    pub node: Option<NodeId>,
    pub name: String,
    pub state: ReadyState,
    pub detail: Phrase,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReadyState {
    Ready,
    /// What it lacks would be prepared by `lvs.move_mode`.
    CanBePrepared,
    /// It lacks what somebody must do first.
    Cannot,
    Unknown,
}

impl ReadyState {
    pub fn signal(self) -> Signal {
        match self {
            ReadyState::Ready => Signal::Clear,
            ReadyState::CanBePrepared => Signal::Caution,
            ReadyState::Cannot => Signal::Danger,
            ReadyState::Unknown => Signal::Unknown,
        }
    }
}

pub fn readiness(input: &MoveInput, service: &ServiceId) -> Result<Readiness, MoveError> {
    let ways = [Forwarding::Nat, Forwarding::Dr, Forwarding::Tun].into_iter().map(|forwarding| {
        let wish = Wish { service: service.clone(), forwarding, keep_old: false };
        let scene = Scene::of(input, &wish)?;
        let servers = scene.servers.iter().map(|needs| of_server(&scene, needs)).collect();
        Ok(WayReadiness { forwarding, servers })
    });
    let ways = ways.collect::<Result<_, MoveError>>()?;
    Ok(Readiness { service: service.clone(), at: input.path.at, ways })
}

fn of_server(scene: &Scene<'_>, needs: &Needs<'_>) -> ServerReadiness {
    let (state, detail) = found(scene, needs);
    let node = needs.server.seen.as_ref().map(|seen| seen.node);
    ServerReadiness { node, name: needs.server.name.clone(), state, detail }
}

fn found(scene: &Scene<'_>, needs: &Needs<'_>) -> (ReadyState, Phrase) {
    let Some(seen) = &needs.server.seen else {
        let said = Phrase::new("no node of this fleet", "不是受管节点");
        return (ReadyState::Unknown, said);
    };
    let unread = scene.input.facts.get(&needs.server.server.address);
    let unread = unread.and_then(|read| read.as_ref().err());
    let unread = unread.or(seen.addresses.as_ref().err()).or(seen.settings.as_ref().err());
    if let Some(why) = unread {
        let said = Phrase::new(format!("not read: {why}"), format!("未能读取：{why}"));
        return (ReadyState::Unknown, said);
    }
    if let Some(why) = wrong(scene, needs, seen) {
        return (ReadyState::Cannot, why);
    }
    match &needs.wanted {
        Some(wanted) => (ReadyState::CanBePrepared, lacks(wanted)),
        None => (ReadyState::Ready, lasts(scene, needs)),
    }
}

fn lacks(wanted: &Preparation) -> Phrase {
    match wanted {
        Preparation::Dr { address } => Phrase::new(
            format!("lacks {address} on lo, with arp_ignore 1 and arp_announce 2"),
            format!("缺少 lo 上的 {address}，以及 arp_ignore 1、arp_announce 2"),
        ),
        Preparation::Tun { address } => Phrase::new(
            format!("lacks {address} on tunl0, with rp_filter 2, arp_ignore 1 and arp_announce 2"),
            format!("缺少 tunl0 上的 {address}，以及 rp_filter 2、arp_ignore 1、arp_announce 2"),
        ),
        Preparation::Nat { server, gateway } => Phrase::new(
            format!("lacks a way back through {gateway} for answers of {server}"),
            format!("{server} 的应答缺少经 {gateway} 返回的路由"),
        ),
    }
}

/// Whether it is so after a reboot.
fn lasts(scene: &Scene<'_>, needs: &Needs<'_>) -> Phrase {
    let (address, way) = (scene.address.ip(), scene.wish.forwarding);
    let facts = needs.facts;
    let ours = facts.is_some_and(|facts| {
        facts.prepared.iter().any(|prepared| match prepared {
            Preparation::Dr { address: of } | Preparation::Tun { address: of } => {
                *of == address && prepared.forwarding() == way
            }
            Preparation::Nat { server, .. } => {
                way == Forwarding::Nat && server.ip() == needs.server.server.address
            }
        })
    });
    if ours {
        return Phrase::new("prepared, also after a reboot", "已准备，重启后仍有效");
    }
    let on = if way == Forwarding::Dr { "lo" } else { "tunl0" };
    let has =
        needs.server.seen.as_ref().is_some_and(|seen| has_address(seen, address, on).is_some());
    match facts.and_then(|facts| facts.named.first()) {
        _ if way == Forwarding::Nat || !has => {
            Phrase::new("ready by its own routes", "其自身路由已满足")
        }
        Some(file) => Phrase::new(format!("ready by {file}"), format!("由 {file} 准备")),
        None => Phrase::new(
            format!("ready now; no file names {address}, so it may be gone after a reboot"),
            format!("目前就绪；没有文件提到 {address}，重启后可能失效"),
        ),
    }
}
