//! The kernel's own table, to see whether a change is there.

use std::net::{IpAddr, SocketAddr};

use super::Target;
use crate::remote::RemoteCommand;

/// The kernel's table, a line for each service, and for each of its real servers.
const TABLE: &str = r#"/^(TCP|UDP|SCTP|FWM)/ { service = $1 " " $2; print service, $3 }
$1 == "->" && $4 ~ /^[0-9]+$/ { print service, "->", $2, "weight", $4 }"#;

/// Prints `TCP C0A801C8:0050 wrr` for a service and `TCP C0A801C8:0050 -> C0A80166:0050 weight 2`
/// for a real server of it.
pub fn table() -> RemoteCommand {
    RemoteCommand::new("awk").words(&[TABLE, "/proc/net/ip_vs"])
}

/// What [`table`] prints for a service.
pub fn service_line(target: &Target, scheduler: &str) -> String {
    format!("{} {scheduler}", name(target))
}

/// What [`table`] prints for a real server.
pub fn server_line(target: &Target, server: SocketAddr, weight: u32) -> String {
    format!("{} -> {} weight {weight}", name(target), socket(server))
}

/// As `/proc/net/ip_vs` has it (`ip_vs_info_seq_show`, net/netfilter/ipvs/ip_vs_ctl.c).
fn name(target: &Target) -> String {
    match target {
        Target::Address { protocol, address } => {
            format!("{} {}", format!("{protocol:?}").to_uppercase(), socket(*address))
        }
        Target::FirewallMark { mark, .. } => format!("FWM {mark:08X}"),
    }
}

fn socket(address: SocketAddr) -> String {
    let port = address.port();
    match address.ip() {
        IpAddr::V4(v4) => format!("{:08X}:{port:04X}", u32::from(v4)),
        IpAddr::V6(v6) => {
            let groups = v6.segments().map(|group| format!("{group:04x}")).join(":");
            format!("[{groups}]:{port:04X}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_as_the_kernel_prints_them() {
        let text = |address: &str| socket(address.parse().unwrap());
        assert_eq!(text("192.168.1.200:80"), "C0A801C8:0050");
        assert_eq!(text("[fd00::1]:3306"), "[fd00:0000:0000:0000:0000:0000:0000:0001]:0CEA");
        assert_eq!(name(&Target::FirewallMark { mark: 10, ipv6: true }), "FWM 0000000A");
    }
}
