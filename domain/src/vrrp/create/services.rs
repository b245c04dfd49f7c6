//! The virtual services behind the addresses, with their health checks.

use std::net::IpAddr;

use super::fields::{Cidr, note, number};
use super::{Entry, Wrong, block, line};
use crate::lvs::Forwarding;
use crate::phrase::Phrase;
use crate::vrrp::conf::NewStatement;

/// Schedulers of the kernel that keepalived 2.2 takes (keepalived.conf(5), `lvs_sched`).
pub const SCHEDULERS: [&str; 14] =
    ["wrr", "rr", "wlc", "lc", "sh", "mh", "dh", "sed", "nq", "lblc", "lblcr", "fo", "ovf", "twos"];

/// One service on each of the instance's addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceForm {
    pub port: String,
    pub is_udp: bool,
    pub scheduler: String,
    pub forwarding: Forwarding,
    /// Seconds that a client stays with its real server; empty: none.
    pub persistence_s: String,
    pub check: CheckKind,
    /// The path of HTTP, the name of DNS, the program of MISC.
    pub check_argument: String,
    /// `ADDRESS`, `ADDRESS:PORT` and a weight behind it, one on each line.
    pub real_servers: String,
}

/// How keepalived looks whether a real server works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckKind {
    Tcp,
    Http,
    Https,
    Ping,
    Smtp,
    Dns,
    Udp,
    Misc,
    None,
}

impl CheckKind {
    pub const ALL: [CheckKind; 9] = [
        CheckKind::Tcp,
        CheckKind::Http,
        CheckKind::Https,
        CheckKind::Ping,
        CheckKind::Smtp,
        CheckKind::Dns,
        CheckKind::Udp,
        CheckKind::Misc,
        CheckKind::None,
    ];

    /// Its keyword in keepalived.conf.
    pub fn keyword(self) -> &'static str {
        match self {
            CheckKind::Tcp => "TCP_CHECK",
            CheckKind::Http => "HTTP_GET",
            CheckKind::Https => "SSL_GET",
            CheckKind::Ping => "PING_CHECK",
            CheckKind::Smtp => "SMTP_CHECK",
            CheckKind::Dns => "DNS_CHECK",
            CheckKind::Udp => "UDP_CHECK",
            CheckKind::Misc => "MISC_CHECK",
            CheckKind::None => "-",
        }
    }

    pub fn takes_argument(self) -> bool {
        matches!(self, CheckKind::Http | CheckKind::Https | CheckKind::Dns | CheckKind::Misc)
    }
}

impl Default for ServiceForm {
    fn default() -> ServiceForm {
        ServiceForm {
            port: "80".to_owned(),
            is_udp: false,
            scheduler: "wrr".to_owned(),
            forwarding: Forwarding::Dr,
            persistence_s: String::new(),
            check: CheckKind::Tcp,
            check_argument: String::new(),
            real_servers: String::new(),
        }
    }
}

struct RealServer {
    address: IpAddr,
    port: u16,
    weight: u32,
}

pub(super) fn statements(
    forms: &[ServiceForm],
    addresses: &[Cidr],
    wrong: &mut Vec<Wrong>,
) -> Vec<NewStatement> {
    let mut all = Vec::new();
    for (at, form) in forms.iter().enumerate() {
        let read = service(form, addresses, forms.get(..at).unwrap_or_default());
        all.extend(note(wrong, Entry::Service(at), read).into_iter().flatten());
    }
    all
}

fn service(
    form: &ServiceForm,
    addresses: &[Cidr],
    before: &[ServiceForm],
) -> Result<Vec<NewStatement>, Phrase> {
    let port: u16 = number(&form.port, 1, u16::MAX)?;
    if before
        .iter()
        .any(|other| other.port.trim() == form.port.trim() && other.is_udp == form.is_udp)
    {
        return Err(Phrase::new(
            format!("Port {port} is there twice: put its real servers together."),
            format!("端口 {port} 重复：请把真实服务器放在一起。"),
        ));
    }
    if !SCHEDULERS.contains(&form.scheduler.as_str()) {
        let (found, all) = (&form.scheduler, SCHEDULERS.join(", "));
        return Err(Phrase::new(
            format!("Expected a scheduler of {all}; found “{found}”."),
            format!("调度算法应为 {all} 之一；当前为“{found}”。"),
        ));
    }
    let persistence_s: Option<u32> = match form.persistence_s.trim() {
        "" => None,
        typed => Some(number(typed, 1, 86_400)?),
    };
    let check = check(form)?;
    let servers = real_servers(form, port, addresses)?;
    let of_address = |cidr: &Cidr| {
        let mut inside = vec![
            line(&["delay_loop", "2"]),
            line(&["lb_algo", &form.scheduler]),
            line(&["lb_kind", kind(form.forwarding)]),
            line(&["protocol", if form.is_udp { "UDP" } else { "TCP" }]),
        ];
        if let Some(seconds) = persistence_s {
            inside.push(line(&["persistence_timeout", &seconds.to_string()]));
        }
        inside.extend(servers.iter().map(|server| real_server(server, check.as_ref())));
        block(&["virtual_server", &cidr.address.to_string(), &port.to_string()], inside)
    };
    Ok(addresses.iter().map(of_address).collect())
}

fn real_server(server: &RealServer, check: Option<&NewStatement>) -> NewStatement {
    let mut inside = vec![line(&["weight", &server.weight.to_string()])];
    inside.extend(check.cloned());
    block(&["real_server", &server.address.to_string(), &server.port.to_string()], inside)
}

fn kind(forwarding: Forwarding) -> &'static str {
    match forwarding {
        Forwarding::Nat => "NAT",
        Forwarding::Tun => "TUN",
        Forwarding::Dr | Forwarding::Local => "DR",
    }
}

/// `None`: the real servers are not looked at.
fn check(form: &ServiceForm) -> Result<Option<NewStatement>, Phrase> {
    let argument = form.check_argument.trim();
    let is_plain = argument.chars().all(|c| c.is_ascii_graphic() && !"\"'\\{}#!$~".contains(c));
    if form.check.takes_argument() && (argument.is_empty() || !is_plain) {
        let keyword = form.check.keyword();
        return Err(Phrase::new(
            format!(
                "{keyword} needs the path, name or program to check, without spaces, quotes or braces."
            ),
            format!("{keyword} 需要要检查的路径、名称或程序，不含空格、引号和花括号。"),
        ));
    }
    let timeout = || line(&["connect_timeout", "2"]);
    let again = || [line(&["retry", "1"]), line(&["delay_before_retry", "1"])];
    let url = || block(&["url"], vec![line(&["path", argument]), line(&["status_code", "200"])]);
    let inside = match form.check {
        CheckKind::None => return Ok(None),
        CheckKind::Misc => vec![line(&["misc_path", argument]), line(&["misc_timeout", "5"])],
        CheckKind::Http | CheckKind::Https => {
            [url(), timeout()].into_iter().chain(again()).collect()
        }
        CheckKind::Dns => {
            let asked = [line(&["type", "A"]), line(&["name", argument]), timeout()];
            asked.into_iter().chain(again()).collect()
        }
        CheckKind::Tcp | CheckKind::Ping | CheckKind::Smtp | CheckKind::Udp => {
            [timeout()].into_iter().chain(again()).collect()
        }
    };
    Ok(Some(block(&[form.check.keyword()], inside)))
}

fn real_servers(
    form: &ServiceForm,
    port: u16,
    addresses: &[Cidr],
) -> Result<Vec<RealServer>, Phrase> {
    let mut found: Vec<RealServer> = Vec::new();
    for typed in form.real_servers.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let server = one_server(typed, port).ok_or_else(|| {
            Phrase::new(
                format!("Expected ADDRESS, ADDRESS:PORT and a weight, such as 192.168.1.102:80 2; found “{typed}”."),
                format!("应为 地址、地址:端口 和权重，例如 192.168.1.102:80 2；当前为“{typed}”。"),
            )
        })?;
        if server.port != port && form.forwarding != Forwarding::Nat {
            return Err(Phrase::new(
                format!("{typed}: only NAT changes the port; expected {port}."),
                format!("{typed}：只有 NAT 能改变端口；应为 {port}。"),
            ));
        }
        if found.iter().any(|other| (other.address, other.port) == (server.address, server.port)) {
            return Err(Phrase::new(format!("{typed} is there twice."), format!("{typed} 重复。")));
        }
        if addresses.iter().any(|cidr| cidr.address == server.address) {
            return Err(Phrase::new(
                format!("{typed} is the virtual address itself."),
                format!("{typed} 就是虚拟地址本身。"),
            ));
        }
        found.push(server);
    }
    match found.is_empty() {
        true => Err(Phrase::new(
            "Expected at least one real server, such as 192.168.1.102:80 2.",
            "至少需要一台真实服务器，例如 192.168.1.102:80 2。",
        )),
        false => Ok(found),
    }
}

fn one_server(typed: &str, default_port: u16) -> Option<RealServer> {
    let mut words = typed.split_whitespace();
    let place = words.next()?;
    let weight = words.next().map_or(Some(1), |word| word.parse().ok())?;
    let (address, port) = match place.parse::<std::net::SocketAddr>() {
        Ok(socket) => (socket.ip(), socket.port()),
        Err(_) => (place.parse().ok()?, default_port),
    };
    (words.next().is_none() && port != 0 && weight <= 65_535).then_some(RealServer {
        address,
        port,
        weight,
    })
}
