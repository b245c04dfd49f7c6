//! LVS: what a service does that it does not look like.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::super::model::{Effective, Target, VirtualServer};
use super::{Code, Findings, Severity};
use crate::lvs::Forwarding;

pub(super) fn services(effective: &Effective, found: &mut Findings<'_>) {
    let mut seen: BTreeMap<&Target, u32> = BTreeMap::new();
    for server in &effective.virtual_servers {
        let target = &server.target;
        if let Some(line) = seen.insert(target, server.place.line) {
            found.add(
                Code::DuplicateService,
                Severity::Error,
                server.place,
                format!("{target} is there already, at line {line}: make one of both"),
                format!("{target} 已经存在（第 {line} 行）：请合并"),
            );
        }
        if server.real_servers.is_empty() && server.sorry_server.is_none() {
            found.add(
                Code::NoRealServers,
                Severity::Warning,
                server.place,
                format!("{target} has no real_server, and keepalived ignores it"),
                format!("{target} 没有 real_server，keepalived 会忽略它"),
            );
        }
        if let Target::Group { group, .. } = target
            && !effective.server_groups.iter().any(|known| known.name == *group)
        {
            found.add(
                Code::UndefinedGroup,
                Severity::Error,
                server.place,
                format!("No virtual_server_group is {group}: define it, or mend the name"),
                format!("没有名为 {group} 的 virtual_server_group：请定义或更正名称"),
            );
        }
        real_servers(server, found);
    }
    silent_defaults(found);
}

fn real_servers(server: &VirtualServer, found: &mut Findings<'_>) {
    let mut seen: BTreeMap<(IpAddr, u16), u32> = BTreeMap::new();
    for real in &server.real_servers {
        let (address, port) = (real.address, real.port);
        if let Some(line) = seen.insert((address, port), real.place.line) {
            found.add(
                Code::DuplicateServer,
                Severity::Error,
                real.place,
                format!(
                    "{address} port {port} is in {} already, at line {line}: keep one",
                    server.target
                ),
                format!(
                    "{address} 端口 {port} 已在 {} 中（第 {line} 行）：请保留一个",
                    server.target
                ),
            );
        }
        if let Target::Address { port: of_service, .. } = server.target
            && of_service != port
            && matches!(real.forwarding, Forwarding::Dr | Forwarding::Tun)
        {
            found.add(
                Code::PortDiffers,
                Severity::Error,
                real.place,
                format!("{address} has port {port}, and the service {of_service}: DR and TUN change no port, so keepalived takes {of_service}; write that, or use NAT"),
                format!("{address} 的端口为 {port}，而服务端口为 {of_service}：DR 与 TUN 不改端口，keepalived 会取 {of_service}；请改为该端口或使用 NAT"),
            );
        }
    }
}

/// What keepalived chooses where nothing is written, and nobody expects.
fn silent_defaults(found: &mut Findings<'_>) {
    let configuration = found.configuration;
    for block in configuration.statements.iter().filter(|s| s.keyword() == "virtual_server") {
        let by_mark = block.word(1) == "fwmark";
        if !by_mark && block.last(&["protocol"]).is_none() {
            found.add(
                Code::NoProtocol,
                Severity::Warning,
                block.place,
                "No protocol is given, and keepalived takes UDP: write protocol TCP or UDP",
                "没有指定 protocol，keepalived 会取 UDP：请写明 TCP 或 UDP",
            );
        }
        if block.last(&["lvs_sched", "lb_algo"]).is_none() {
            found.add(
                Code::NoScheduler,
                Severity::Note,
                block.place,
                "No lvs_sched is given, and keepalived takes wlc: write it",
                "没有指定 lvs_sched，keepalived 会取 wlc：请写明",
            );
        }
        if block.last(&["lvs_method", "lb_kind"]).is_none() {
            found.add(
                Code::NoMethod,
                Severity::Note,
                block.place,
                "No lvs_method is given, and keepalived takes NAT: write it",
                "没有指定 lvs_method，keepalived 会取 NAT：请写明",
            );
        }
    }
}
