//! The ipvsadm commands that would make a service as it is.

use std::net::SocketAddr;

use super::{Forwarding, Protocol, ServerTraffic, ServiceTraffic, Target, VirtualService};
use crate::remote::RemoteCommand;

/// One command a line: the service, then each of its real servers.
pub fn commands(service: &VirtualService, traffic: Option<&ServiceTraffic>) -> Vec<String> {
    let target = target(&service.target);
    let mut add = format!("ipvsadm -A {target} -s {}", service.scheduler);
    if let Some(traffic) = traffic {
        if !traffic.scheduler_flags.is_empty() {
            let flags = traffic.scheduler_flags.iter().map(|number| format!("flag-{number}"));
            add.push_str(&format!(" -b {}", flags.collect::<Vec<_>>().join(",")));
        }
        if traffic.one_packet {
            add.push_str(" -o");
        }
    }
    if let Some(seconds) = service.persistent_s {
        add.push_str(&format!(" -p {seconds}"));
        if let Some(traffic) = traffic {
            if !matches!(traffic.netmask.as_str(), "255.255.255.255" | "128") {
                add.push_str(&format!(" -M {}", traffic.netmask));
            }
            if let Some(engine) = &traffic.persistence_engine {
                add.push_str(&format!(" --pe {engine}"));
            }
        }
    }
    let servers = service.real_servers.iter().map(|server| {
        let socket = SocketAddr::new(server.address, server.port);
        let told = traffic.and_then(|traffic| traffic.server(server.address, server.port));
        let limits = told.map_or((0, 0), ServerTraffic::limits);
        let command = RemoteCommand::new("ipvsadm");
        let command = server_options(command, socket, server.forwarding, server.weight, limits);
        format!("ipvsadm -a {target} {}", command.args.join(" "))
    });
    std::iter::once(add).chain(servers).collect()
}

/// `-t 192.168.1.200:80`, `-f 7 -6`
fn target(target: &Target) -> String {
    addressed(RemoteCommand::new("ipvsadm"), target).args.join(" ")
}

/// The command with the words that name a service.
pub(super) fn addressed(command: RemoteCommand, target: &Target) -> RemoteCommand {
    match target {
        Target::Address { protocol, address } => {
            let option = match protocol {
                Protocol::Tcp => "-t",
                Protocol::Udp => "-u",
                Protocol::Sctp => "--sctp-service",
            };
            command.words(&[option]).value(address)
        }
        Target::FirewallMark { mark, ipv6: false } => command.words(&["-f"]).value(mark),
        Target::FirewallMark { mark, ipv6: true } => {
            command.words(&["-f"]).value(mark).words(&["-6"])
        }
    }
}

pub(super) fn method(forwarding: Forwarding) -> &'static str {
    match forwarding {
        Forwarding::Nat => "-m",
        Forwarding::Tun => "-i",
        // By which of the three `Local` was asked for the kernel does not tell.
        Forwarding::Dr | Forwarding::Local => "-g",
    }
}

/// As `ipvsadm -Ln` prints it.
pub(super) fn listed(forwarding: Forwarding) -> &'static str {
    match forwarding {
        Forwarding::Nat => "Masq",
        Forwarding::Dr => "Route",
        Forwarding::Tun => "Tunnel",
        Forwarding::Local => "Local",
    }
}

/// All of a real server, as `ipvsadm -a` and `-e` set it. `limits`: the upper and the lower threshold.
pub(super) fn server_options(
    command: RemoteCommand,
    socket: SocketAddr,
    forwarding: Forwarding,
    weight: u32,
    limits: (u32, u32),
) -> RemoteCommand {
    let command = command.words(&["-r"]).value(&socket).words(&[method(forwarding), "-w"]);
    let command = command.value(&weight);
    match limits {
        (0, 0) => command,
        (upper, lower) => command.words(&["-x"]).value(&upper).words(&["-y"]).value(&lower),
    }
}

impl ServerTraffic {
    /// The upper and the lower threshold.
    pub(super) fn limits(&self) -> (u32, u32) {
        (self.upper_threshold, self.lower_threshold)
    }
}

impl ServiceTraffic {
    pub fn server(&self, address: std::net::IpAddr, port: u16) -> Option<&ServerTraffic> {
        self.servers.iter().find(|server| (server.address, server.port) == (address, port))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Readings, parse};
    use super::*;

    #[test]
    fn they_are_what_made_the_service() {
        let traffic = Readings::default().take(include_str!("fixtures/counters")).unwrap();
        let table = parse(
            "hz 100\nUDP  C0A801F0:0035 rr ops\n  -> C0A80166:0035 Tunnel 3 0 0\n\
             TCP  C0A801F0:13C4 wrr  persistent 12000 FFFFFF00\n  -> C0A80167:13C4 Masq 2 0 0\n\
             TCP  C0A801C8:0050 mh\n  -> C0A80166:0050 Route 2 0 0\n\
             FWM  0000004D wlc persistent 6000 40000000\n\
             \x20 -> [fd00:0000:0000:0000:0000:0000:0000:0014]:0000 Route 1 0 0\n",
        );
        let all: Vec<String> = table
            .unwrap()
            .services
            .iter()
            .flat_map(|service| {
                commands(service, traffic.iter().find(|t| t.target == service.target))
            })
            .collect();
        assert_eq!(
            all,
            [
                "ipvsadm -A -t 192.168.1.200:80 -s mh -b flag-2",
                "ipvsadm -a -t 192.168.1.200:80 -r 192.168.1.102:80 -g -w 2",
                "ipvsadm -A -t 192.168.1.240:5060 -s wrr -p 120 -M 255.255.255.0",
                "ipvsadm -a -t 192.168.1.240:5060 -r 192.168.1.103:5060 -m -w 2",
                "ipvsadm -A -u 192.168.1.240:53 -s rr -o",
                "ipvsadm -a -u 192.168.1.240:53 -r 192.168.1.102:53 -i -w 3 -x 500 -y 100",
                "ipvsadm -A -f 77 -6 -s wlc -p 60 -M 64",
                "ipvsadm -a -f 77 -6 -r [fd00::14]:0 -g -w 1",
            ]
        );
    }
}
