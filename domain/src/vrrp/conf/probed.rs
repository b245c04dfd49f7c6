//! The configuration as the probe sends it, and what the fleet's picture takes from it.

use std::net::SocketAddr;

use super::model::{AuthenticationKind, Effective, Instance, Target, VirtualServer};
use super::{Configuration, Files};
use crate::lvs::{self, Forwarding, RealServer, Table, VirtualService};
use crate::vrrp::{Auth, InstanceConf, TrackFile, VirtualAddress};

/// What was understood, and what was not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Probed {
    pub instances: Vec<InstanceConf>,
    /// What the IPVS table would hold were every real server healthy.
    pub table: Table,
    /// One sentence for each instance or service that could not be read.
    pub problems: Vec<String>,
}

/// The name that the probe's text goes by, which has its includes in place.
const PATH: &str = "/etc/keepalived/keepalived.conf";

/// Reads the probe's text: a line `id NAME`, then the configuration with its includes in place and
/// its passwords replaced by digests.
pub fn parse(text: &str) -> Probed {
    let (head, conf) = text.split_once('\n').unwrap_or((text, ""));
    let host = head.strip_prefix("id ").unwrap_or_default();
    let files = Files::from([(PATH.to_owned(), conf.to_owned())]);
    probed(Configuration::read(&files, PATH, host).effective())
}

/// Of what a node does by its configuration.
pub fn probed(effective: Effective) -> Probed {
    let mut probed = Probed::default();
    for instance in &effective.instances {
        match instance_conf(instance, &effective) {
            Ok(instance) => probed.instances.push(instance),
            Err(problem) => probed.problems.push(problem),
        }
    }
    for server in &effective.virtual_servers {
        match service(server) {
            Some(service) => probed.table.services.push(service),
            None => probed.problems.push(format!(
                "virtual_server {}: services of a group are not followed",
                server.target
            )),
        }
    }
    probed.problems.extend(effective.unread.into_iter().map(|unread| unread.why));
    probed
}

fn instance_conf(instance: &Instance, effective: &Effective) -> Result<InstanceConf, String> {
    let missing =
        |what: &str| format!("vrrp_instance {}: {what} is missing or not readable", instance.name);
    let interface = instance.interface.as_ref().and_then(|interface| interface.parse().ok());
    Ok(InstanceConf {
        name: instance.name.clone(),
        interface: interface.ok_or_else(|| missing("interface"))?,
        vrid: instance.virtual_router_id.ok_or_else(|| missing("virtual_router_id"))?,
        priority: instance.priority,
        starts_as_master: instance.starts_as_master,
        advert_ms: instance.advert_ms,
        version: instance.version,
        down_timer_adverts: instance.down_timer_adverts,
        nopreempt: instance.nopreempt,
        preempt_delay_ms: instance.preempt_delay_ms,
        auth: auth(instance),
        unicast_peers: instance.unicast_peers.clone(),
        virtual_addresses: instance
            .virtual_addresses
            .iter()
            .map(|address| VirtualAddress {
                address: address.address,
                prefix_len: address.prefix_len,
                interface: address.interface.as_ref().and_then(|name| name.parse().ok()),
            })
            .collect(),
        track_files: track_files(instance, effective),
    })
}

/// The probe put digests in the place of the passwords.
fn auth(instance: &Instance) -> Auth {
    let Some(authentication) = &instance.authentication else { return Auth::None };
    let digest = authentication.password.revealed().to_owned();
    match authentication.kind {
        AuthenticationKind::Pass => Auth::Pass { digest },
        AuthenticationKind::Ah => Auth::Ah { digest },
    }
}

/// `track_file { NAME [weight N] }` in an instance; the file itself is defined outside.
fn track_files(instance: &Instance, effective: &Effective) -> Vec<TrackFile> {
    let followed = instance.track_files.iter().filter_map(|tracked| {
        let file = effective.track_files.iter().find(|file| file.name == tracked.name)?;
        Some(TrackFile {
            name: file.name.clone(),
            path: file.path.as_ref()?.parse().ok()?,
            weight: i16::try_from(tracked.weight.unwrap_or(file.weight)).ok()?,
        })
    });
    followed.collect()
}

/// As the kernel's table would have it; `None` for a group, whose addresses are listed elsewhere.
fn service(server: &VirtualServer) -> Option<VirtualService> {
    let target = match &server.target {
        Target::Address { protocol, address, port } => {
            lvs::Target::Address { protocol: *protocol, address: SocketAddr::new(*address, *port) }
        }
        Target::FirewallMark { mark, ipv6 } => {
            lvs::Target::FirewallMark { mark: *mark, ipv6: *ipv6 }
        }
        Target::Group { .. } => return None,
    };
    let port_of = |forwarding: Forwarding, own: u16| match (&target, forwarding) {
        (lvs::Target::Address { address, .. }, Forwarding::Dr | Forwarding::Tun) => address.port(),
        _ => own,
    };
    let real_servers = server.real_servers.iter().map(|real| RealServer {
        address: real.address,
        port: port_of(real.forwarding, real.port),
        forwarding: real.forwarding,
        weight: real.weight,
        active_connections: 0,
        inactive_connections: 0,
    });
    Some(VirtualService {
        target: target.clone(),
        scheduler: server.scheduler.clone(),
        persistent_s: server.persistence_s,
        real_servers: real_servers.collect(),
    })
}
