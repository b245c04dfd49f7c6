//! The operations that mend what breaks.

use super::{DirectorScene, Scene, ServerScene};
use crate::lvs::Forwarding;
use crate::lvs::edit::added_as;
use crate::operation::Operation;

/// What the real server's method needs on it, as `lvs.move_mode` prepares it.
pub(super) fn prepare(scene: &Scene, server: &ServerScene) -> Option<Operation> {
    let forwarding = server.server.forwarding;
    // It moves all of them to one method.
    let alike = scene.servers.iter().all(|other| other.server.forwarding == forwarding);
    let can_move = scene.address.is_ipv4() && forwarding != Forwarding::Local;
    (alike && can_move).then(|| Operation::LvsMoveMode {
        service: scene.service.clone(),
        forwarding,
        keep_old: true,
    })
}

/// One that may serve, with the weight that keepalived.conf means it to have.
pub(super) fn weigh(scene: &Scene, director: &DirectorScene) -> Option<Operation> {
    let server = scene.servers.iter().find(|server| server.in_table)?;
    let own = (server.server.address, server.server.port);
    let configured = director.configured.iter().flat_map(|service| &service.real_servers);
    let meant =
        configured.filter(|s| (s.address, s.port) == own).map(|s| s.weight).find(|w| *w > 0);
    Some(Operation::LvsSetWeight {
        service: scene.service.clone(),
        server: server.socket(),
        weight: meant.unwrap_or(1),
        may_empty: false,
    })
}

/// The service as another director has it in its table.
pub(super) fn add(scene: &Scene, director: &DirectorScene) -> Option<Operation> {
    let change =
        scene.directors.iter().filter(|other| other.node != director.node).find_map(|other| {
            let service = other.table.as_ref().ok()?.value.as_ref()?;
            added_as(service, other.traffic.as_ref()?, vec![director.node])
        })?;
    Some(Operation::LvsChangeService { service: scene.service.clone(), change })
}

pub(super) fn demote(scene: &Scene) -> Option<Operation> {
    let vrrp = scene.vrrp.as_ref()?;
    Some(Operation::VrrpDemote { instance: vrrp.instance.clone(), node: vrrp.demote? })
}

pub(super) fn bring_back(scene: &Scene) -> Option<Operation> {
    Some(Operation::VrrpBringBack { node: scene.vrrp.as_ref()?.out? })
}
