//! The lab's pair of directors as tests see it: dir-a (100) holds VI_WEB, dir-b (90) stands by.

use std::net::{IpAddr, SocketAddr};

use super::daemon::parse as parse_daemon;
use super::facts::{AdvertCount, ClientFacts, DirectorFacts, HandOverInput, KernelSettings, Reach};
use super::packet_filter::FilterFinding;
use super::{
    Auth, InstanceConf, InstanceName, InstanceState, TrackFile, VirtualAddress, VrrpState,
};
use crate::fact::Fact;
use crate::ids::NodeId;
use crate::lvs::{Forwarding, Protocol, RealServer, Table, Target, VirtualService};
use crate::nodes::{InterfaceAddress, Link, LinkState, Service};
use crate::time::Timestamp;

pub(super) const NOW: Timestamp = Timestamp(1_795_366_131_000);
const VIP: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 168, 1, 200));

pub(super) fn seen<T>(value: T) -> Fact<T> {
    Fact::new(value, Timestamp(NOW.0 - 400), "test")
}

pub(super) fn conf(name: &str, priority: u8) -> InstanceConf {
    InstanceConf {
        name: name.into(),
        interface: "eth0".parse().unwrap(),
        vrid: 51,
        priority,
        starts_as_master: false,
        advert_ms: 1000,
        version: 2,
        down_timer_adverts: 3,
        nopreempt: false,
        preempt_delay_ms: 0,
        auth: Auth::Pass { digest: "d1".into() },
        unicast_peers: vec![],
        virtual_addresses: vec![VirtualAddress { address: VIP, prefix_len: 24, interface: None }],
        track_files: vec![track_file(name, 1)],
    }
}

pub(super) fn track_file(instance: &str, weight: i16) -> TrackFile {
    TrackFile {
        name: format!("signalbox_{instance}"),
        path: format!("/etc/keepalived/signalbox/{instance}.priority").parse().unwrap(),
        weight,
    }
}

pub(super) fn director(node: i64, name: &str, priority: u8, state: VrrpState) -> DirectorFacts {
    let mut addresses =
        vec![address(IpAddr::from([192, 168, 1, 99 + u8::try_from(node).unwrap()]))];
    if state == VrrpState::Master {
        addresses.push(address(VIP));
    }
    DirectorFacts {
        node: NodeId(node),
        name: name.into(),
        link: Link { state: LinkState::Up, since: Timestamp(0), reason: None },
        heard_at: Some(Timestamp(NOW.0 - 400)),
        conf: seen(conf("VI_WEB", priority)),
        other_instances: vec!["VI_DB".into()],
        said: Some(seen(InstanceState {
            name: "VI_WEB".into(),
            vrid: 51,
            state,
            base_priority: priority,
            effective_priority: priority,
            last_transition: None,
            adverts_sent: 10,
            adverts_received: 20,
            became_master: 1,
            auth_failures: 0,
            auth_type_mismatches: 0,
            address_list_errors: 0,
        })),
        addresses: Some(seen(addresses)),
        services: Some(seen(vec![Service {
            name: "keepalived".into(),
            state: "active".into(),
            since: None,
        }])),
        ipvs: Some(seen(table())),
        json_signal: Some(seen(36)),
        clock_ahead_ms: Some(seen(3)),
        number: Some(seen(0)),
        is_out: false,
        to_install: None,
        filter: Ok(seen(FilterFinding::Passes)),
        reach: Some(seen(vec![Reach {
            server: SocketAddr::from(([192, 168, 1, 102], 80)),
            reached: true,
        }])),
        kernel: Some(seen(KernelSettings { ip_forward: true, sloppy_tcp: true })),
        daemon: Some(seen(parse_daemon("parent R\nchild R\nvrrp R\n").unwrap())),
        own_address: Some(IpAddr::from([192, 168, 1, 99 + u8::try_from(node).unwrap()])),
        held: if state == VrrpState::Master { vec![address(VIP)] } else { vec![] },
        adverts: Some(seen(AdvertCount { before: 20, after: 21 })),
    }
}

pub(super) fn input() -> HandOverInput {
    HandOverInput {
        instance: InstanceName("VI_WEB".into()),
        to: NodeId(2),
        directors: vec![
            director(1, "dir-a", 100, VrrpState::Master),
            director(2, "dir-b", 90, VrrpState::Backup),
        ],
        client: Some(ClientFacts { node: NodeId(9), name: "client".into(), answered_at: NOW }),
        running: vec![],
    }
}

fn address(address: IpAddr) -> InterfaceAddress {
    InterfaceAddress { interface: "eth0".parse().unwrap(), address, prefix_len: 24, up: true }
}

fn table() -> Table {
    Table {
        services: vec![VirtualService {
            target: Target::Address { protocol: Protocol::Tcp, address: SocketAddr::new(VIP, 80) },
            scheduler: "wrr".into(),
            persistent_s: None,
            real_servers: vec![RealServer {
                address: IpAddr::from([192, 168, 1, 102]),
                port: 80,
                forwarding: Forwarding::Dr,
                weight: 2,
                active_connections: 0,
                inactive_connections: 0,
            }],
        }],
    }
}
