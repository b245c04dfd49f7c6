//! Sets made at random, and conditions that ask for them.

use std::fmt::Write as _;
use std::io::Write as _;
use std::net::Ipv4Addr;
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use signalbox_domain::firewall::set::{Sets, parse, render};

use super::random::Random;
use super::rules::PORTS;
use super::wire::{CLIENTS, ROUTER, SERVERS};

/// Their names, and what may stand behind their types.
const KINDS: [(&str, &str, &[&str]); 9] = [
    ("ips", "hash:ip", &["", "", " netmask 31", " counters", " timeout 600"]),
    ("nets", "hash:net", &["", "", " counters", " timeout 600 comment"]),
    ("ip-ports", "hash:ip,port", &["", " counters"]),
    ("net-ports", "hash:net,port", &["", " timeout 600"]),
    ("ip-port-ips", "hash:ip,port,ip", &[""]),
    ("ip-port-nets", "hash:ip,port,net", &[""]),
    ("leases", "bitmap:ip range 10.1.0.0/16", &["", " netmask 31"]),
    ("ports", "bitmap:port range 0-65535", &["", " counters"]),
    ("unread", "hash:ip", &[""]),
];
const LIST: &str = "list";
/// Of the other family: it is in lists, and no packet is in it.
const SIX: &str = "six";
/// No rule asks for what this one changes.
pub(crate) const ADDS: &str = "SET --add-set unread src --exist";

/// As `ipset restore` reads them.
pub(crate) fn sets(random: &mut Random) -> String {
    let mut text = String::new();
    for (name, kind, options) in KINDS {
        writeln!(text, "create {name} {kind}{}", random.pick(options)).unwrap();
        for _ in 0..random.below(8) {
            let entry = element(random, kind);
            writeln!(text, "add {name} {entry} -exist").unwrap();
        }
    }
    writeln!(text, "create {SIX} hash:net family inet6\nadd {SIX} 2001:db8::/32").unwrap();
    writeln!(text, "create {LIST} list:set").unwrap();
    for member in [SIX].into_iter().chain(KINDS.map(|(name, ..)| name)) {
        if member != "unread" && random.chance(30) {
            writeln!(text, "add {LIST} {member}").unwrap();
        }
    }
    text
}

fn element(random: &mut Random, kind: &str) -> String {
    match kind.split(' ').next().unwrap() {
        "hash:ip" => address(random).to_string(),
        "hash:net" => format!("{}{}", network(random), nomatch(random)),
        "hash:ip,port" => format!("{},{}", address(random), port(random)),
        "hash:net,port" => {
            format!("{},{}{}", network(random), port(random), nomatch(random))
        }
        "hash:ip,port,ip" => {
            format!("{},{},{}", address(random), port(random), address(random))
        }
        "hash:ip,port,net" => {
            let (ip, port) = (address(random), port(random));
            format!("{ip},{port},{}{}", network(random), nomatch(random))
        }
        "bitmap:ip" => random.pick(&CLIENTS).to_string(),
        _ => random.pick(&PORTS).to_string(),
    }
}

fn nomatch(random: &mut Random) -> &'static str {
    if random.chance(35) { " nomatch" } else { "" }
}

fn address(random: &mut Random) -> Ipv4Addr {
    let all = [CLIENTS.as_slice(), &SERVERS, &ROUTER].concat();
    random.pick(&all)
}

fn network(random: &mut Random) -> String {
    match random.chance(30) {
        true => address(random).to_string(),
        false => random.pick(&NETWORKS).to_owned(),
    }
}

const NETWORKS: [&str; 8] = [
    "10.0.0.0/8",
    "10.1.0.0/16",
    "10.1.0.0/24",
    "10.2.0.0/24",
    "10.2.0.10/31",
    "10.1.0.12/31",
    "192.0.2.0/24",
    "0.0.0.0/1",
];

fn port(random: &mut Random) -> String {
    let port = random.pick(&PORTS);
    match random.below(10) {
        0..5 => format!("tcp:{port}"),
        5..8 => format!("udp:{port}"),
        8 => "icmp:8/0".to_owned(),
        _ => random.pick(&["icmp:0/0", "icmp:3/3", "icmp:3/1", "sctp:80", "vrrp:0"]).to_owned(),
    }
}

pub(crate) fn condition(random: &mut Random) -> String {
    let readable = KINDS.len() - 1;
    let name = match random.below(readable + 2) {
        at if at < readable => KINDS[at].0,
        _ => LIST,
    };
    let mut sides = Vec::new();
    for _ in 0..random.pick(&[1, 1, 2, 2, 2, 3, 3]) {
        sides.push(random.pick(&["src", "dst"]));
    }
    let not = if random.chance(20) { "! " } else { "" };
    let more = match random.below(20) {
        0 | 1 => " --return-nomatch",
        2 => " ! --update-counters",
        3 => " --packets-gt 0",
        _ => "",
    };
    format!("-m set {not}--match-set {name} {}{more}", sides.join(","))
}

/// Puts the sets in place of those that are there, to which no rule may refer any more, and reads
/// what they became.
pub(crate) fn load(text: &str) -> Sets {
    // A list holds on to its sets.
    ipset(&["flush"], "");
    // nftables lets go of the sets of deleted rules a little later.
    for left in (0..400).rev() {
        let destroyed = ipset(&["destroy"], "");
        if destroyed.status.success() {
            break;
        }
        assert!(left > 0, "{}", String::from_utf8_lossy(&destroyed.stderr));
        thread::sleep(Duration::from_millis(5));
    }
    let restored = ipset(&["restore"], text);
    assert!(restored.status.success(), "{text}\n{}", String::from_utf8_lossy(&restored.stderr));
    let saved = String::from_utf8(ipset(&["save"], "").stdout).unwrap();
    let sets = parse(&saved).unwrap();
    assert_eq!(render(&sets), saved);
    sets.into_iter().map(|set| (set.name.clone(), Some(set))).collect()
}

fn ipset(args: &[&str], input: &str) -> Output {
    let mut child = Command::new("ipset")
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the package ipset is installed: cargo xtask setup");
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}
