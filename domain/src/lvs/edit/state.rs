//! A service as one director has it, whole: what an edit begins from, ends at and is put back to.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use super::EditError;
use super::wish::{Persistence, ServiceChange, WantedOptions, WantedServer};
use crate::lvs::commands::listed;
use crate::lvs::{
    Forwarding, Netmask, Scheduler, SchedulerFlag, ServiceTraffic, Target, VirtualService, describe,
};
use crate::values::ConfName;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ServiceState {
    pub(super) options: Options,
    pub(super) servers: BTreeMap<SocketAddr, ServerState>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Options {
    pub(super) scheduler: Scheduler,
    /// Of the kernel's three, 1 to 3.
    pub(super) flags: BTreeSet<u8>,
    pub(super) persistence: Option<Kept>,
    pub(super) one_packet: bool,
}

/// Persistence, with what no wish changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) timeout_s: u32,
    pub(super) netmask: Netmask,
    /// By what a client is known besides, e.g. `sip`.
    pub(super) engine: Option<ConfName>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ServerState {
    pub(super) forwarding: Forwarding,
    pub(super) weight: u32,
    pub(super) upper_threshold: u32,
    pub(super) lower_threshold: u32,
}

impl ServiceState {
    /// `Ok(None)`: the options and thresholds, which the table lacks, were not told yet.
    pub(super) fn of(
        service: &VirtualService,
        traffic: Option<&ServiceTraffic>,
    ) -> Result<Option<ServiceState>, EditError> {
        let Some(traffic) = traffic else { return Ok(None) };
        let unknown =
            |found: String| EditError::Unreadable { service: describe(&service.target), found };
        let scheduler = service.scheduler.parse();
        let persistence = match service.persistent_s {
            None => None,
            Some(timeout_s) => Some(Kept {
                timeout_s,
                netmask: traffic.netmask.parse().map_err(|_| unknown(traffic.netmask.clone()))?,
                engine: engine(traffic).map_err(unknown)?,
            }),
        };
        let mut servers = BTreeMap::new();
        for server in &service.real_servers {
            let Some(told) = traffic.server(server.address, server.port) else { return Ok(None) };
            let state = ServerState {
                forwarding: server.forwarding,
                weight: server.weight,
                upper_threshold: told.upper_threshold,
                lower_threshold: told.lower_threshold,
            };
            servers.insert(SocketAddr::new(server.address, server.port), state);
        }
        Ok(Some(ServiceState {
            options: Options {
                scheduler: scheduler.map_err(|_| unknown(service.scheduler.clone()))?,
                flags: traffic.scheduler_flags.iter().copied().collect(),
                persistence,
                one_packet: traffic.one_packet,
            },
            servers,
        }))
    }

    /// What becomes of it; `None`: it goes.
    pub(super) fn with(
        &self,
        target: &Target,
        change: &ServiceChange,
    ) -> Result<Option<ServiceState>, EditError> {
        let mut then = self.clone();
        match change {
            ServiceChange::AddService { .. } => {
                return Err(EditError::Exists { service: describe(target) });
            }
            ServiceChange::DeleteService {} => return Ok(None),
            ServiceChange::EditService { options } => {
                then.options = self.options.edited(options, target)
            }
            ServiceChange::AddServer { server } => {
                then.servers.insert(server.server, ServerState::of(server));
            }
            ServiceChange::DeleteServer { server } => {
                then.servers.remove(server);
            }
            ServiceChange::EditServer {
                server,
                forwarding,
                weight,
                upper_threshold,
                lower_threshold,
            } => {
                if let Some(old) = then.servers.get_mut(server) {
                    let wanted = WantedServer {
                        server: *server,
                        forwarding: forwarding.unwrap_or(old.forwarding),
                        weight: weight.unwrap_or(old.weight),
                        upper_threshold: upper_threshold.unwrap_or(old.upper_threshold),
                        lower_threshold: lower_threshold.unwrap_or(old.lower_threshold),
                    };
                    wanted.check(target)?;
                    *old = ServerState::of(&wanted);
                }
            }
            ServiceChange::Forward { forwarding } => {
                for (server, old) in &mut then.servers {
                    let wanted = WantedServer {
                        server: *server,
                        forwarding: *forwarding,
                        weight: old.weight,
                        upper_threshold: old.upper_threshold,
                        lower_threshold: old.lower_threshold,
                    };
                    wanted.check(target)?;
                    *old = ServerState::of(&wanted);
                }
            }
        }
        Ok(Some(then))
    }

    /// A new service.
    pub(super) fn new(
        target: &Target,
        options: &WantedOptions,
        one_packet: bool,
        servers: &[WantedServer],
    ) -> ServiceState {
        let (flags, persistence) = (numbers(&options.flags), None);
        let none = Options { scheduler: options.scheduler, flags, persistence, one_packet };
        ServiceState {
            options: none.edited(options, target),
            servers: servers
                .iter()
                .map(|wanted| (wanted.server, ServerState::of(wanted)))
                .collect(),
        }
    }

    /// The one line that the script `lvs-service` prints of it.
    pub(super) fn line(&self) -> String {
        let server = |(socket, server): (&SocketAddr, &ServerState)| {
            let ServerState { forwarding, weight, upper_threshold, lower_threshold } = server;
            format!("{socket} {} {weight} {upper_threshold}/{lower_threshold}", listed(*forwarding))
        };
        let mut servers: Vec<String> = self.servers.iter().map(server).collect();
        servers.sort();
        std::iter::once(self.options.line()).chain(servers).collect::<Vec<_>>().join(";")
    }
}

impl Options {
    fn edited(&self, wanted: &WantedOptions, target: &Target) -> Options {
        let engine = self.persistence.as_ref().and_then(|kept| kept.engine.clone());
        let kept = |Persistence { timeout_s, netmask }: Persistence| Kept {
            timeout_s,
            netmask: netmask.unwrap_or_else(|| Netmask::whole(target.is_ipv6())),
            engine,
        };
        Options {
            scheduler: wanted.scheduler,
            flags: numbers(&wanted.flags),
            persistence: wanted.persistence.map(kept),
            one_packet: self.one_packet,
        }
    }

    fn line(&self) -> String {
        let mut words = vec![self.scheduler.to_string()];
        words.extend(self.flags.iter().map(|number| format!("flag-{number}")));
        if let Some(kept) = &self.persistence {
            words.push(format!("persistent {}", kept.timeout_s));
            if !kept.netmask.is_whole() {
                words.push(format!("mask {}", kept.netmask));
            }
            words.extend(kept.engine.iter().map(|engine| format!("pe {engine}")));
        }
        words.extend(self.one_packet.then(|| "ops".to_owned()));
        words.join(" ")
    }
}

impl ServerState {
    pub(super) fn of(wanted: &WantedServer) -> ServerState {
        ServerState {
            forwarding: wanted.forwarding,
            weight: wanted.weight,
            upper_threshold: wanted.upper_threshold,
            lower_threshold: wanted.lower_threshold,
        }
    }
}

fn numbers(flags: &BTreeSet<SchedulerFlag>) -> BTreeSet<u8> {
    flags.iter().map(|flag| flag.number()).collect()
}

fn engine(traffic: &ServiceTraffic) -> Result<Option<ConfName>, String> {
    let parsed = |name: &String| name.parse().map_err(|_| name.clone());
    traffic.persistence_engine.as_ref().map(parsed).transpose()
}
