//! A service that one director has, for others that lack it.

use super::state::ServiceState;
use super::wish::{Persistence, ServiceChange, WantedOptions, WantedServer};
use crate::ids::NodeId;
use crate::lvs::{SchedulerFlag, ServiceTraffic, VirtualService};

/// `None`: it has what cannot be asked for, such as a persistence engine.
pub fn added_as(
    service: &VirtualService,
    traffic: &ServiceTraffic,
    directors: Vec<NodeId>,
) -> Option<ServiceChange> {
    let ServiceState { options, servers } = ServiceState::of(service, Some(traffic)).ok()??;
    let known = [SchedulerFlag::Fallback, SchedulerFlag::Port];
    let has = |flag: &SchedulerFlag| options.flags.contains(&flag.number());
    let flags: std::collections::BTreeSet<SchedulerFlag> = known.into_iter().filter(has).collect();
    let kept = options.persistence.as_ref();
    if flags.len() != options.flags.len() || kept.is_some_and(|kept| kept.engine.is_some()) {
        return None;
    }
    let persistence = kept.map(|kept| {
        let netmask = Some(kept.netmask).filter(|netmask| !netmask.is_whole());
        Persistence { timeout_s: kept.timeout_s, netmask }
    });
    let servers = servers.into_iter().map(|(server, state)| WantedServer {
        server,
        forwarding: state.forwarding,
        weight: state.weight,
        upper_threshold: state.upper_threshold,
        lower_threshold: state.lower_threshold,
    });
    let servers: Vec<WantedServer> = servers.collect();
    let change = ServiceChange::AddService {
        options: WantedOptions { scheduler: options.scheduler, flags, persistence },
        one_packet: options.one_packet,
        servers,
        directors,
    };
    change.check(&service.target).ok()?;
    Some(change)
}
