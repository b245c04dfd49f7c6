use std::net::IpAddr;

use super::super::model::{
    Address, Authentication, AuthenticationKind, Global, Instance, Password, Tracked,
};
use super::super::tree::Statement;
use super::{as_milliseconds, is_on, milliseconds, number, others};

const READ: [&str; 18] = [
    "interface",
    "virtual_router_id",
    "state",
    "priority",
    "version",
    "advert_int",
    "down_timer_adverts",
    "nopreempt",
    "preempt_delay",
    "authentication",
    "strict_mode",
    "virtual_ipaddress",
    "virtual_ipaddress_excluded",
    "unicast_src_ip",
    "unicast_peer",
    "track_interface",
    "track_script",
    "track_file",
];
/// The longest that version 3 has room for: 4,095 hundredths of a second.
const LONGEST_V3_MS: u64 = 40_950;

pub(super) fn instance(block: &Statement, global: &Global) -> Instance {
    let virtual_addresses = addresses(block, "virtual_ipaddress");
    let ipv6 = virtual_addresses.first().is_some_and(|first| first.address.is_ipv6());
    let starts_as_master = block.argument("state") == Some("MASTER");
    let version = number(block, "version", 2, 3).or(global.vrrp_version);
    let version = version.unwrap_or(if ipv6 { 3 } else { 2 });
    let strict = is_on(block, "strict_mode").unwrap_or(global.strict);
    let given = number(block, "priority", 1, 255);
    let priority = given.unwrap_or(if starts_as_master { 255 } else { 100 });
    Instance {
        name: block.word(1).to_owned(),
        interface: block.argument("interface").map(str::to_owned),
        virtual_router_id: number(block, "virtual_router_id", 1, 255),
        starts_as_master,
        priority,
        version,
        advert_ms: advert_ms(block, version),
        down_timer_adverts: number(block, "down_timer_adverts", 1, 100).unwrap_or(3),
        nopreempt: block.last(&["nopreempt"]).is_some(),
        preempt_delay_ms: milliseconds(block, "preempt_delay")
            .filter(|ms| *ms <= 1_000_000)
            .unwrap_or(0),
        authentication: if version == 3 || strict { None } else { authentication(block) },
        strict,
        virtual_addresses,
        excluded_addresses: addresses(block, "virtual_ipaddress_excluded"),
        unicast_src_ip: block.argument("unicast_src_ip").and_then(|word| word.parse().ok()),
        unicast_peers: peers(block),
        track_interfaces: tracked(block, "track_interface"),
        track_scripts: tracked(block, "track_script"),
        track_files: tracked(block, "track_file"),
        others: others(block, &READ),
        place: block.place,
    }
}

fn advert_ms(block: &Statement, version: u8) -> u64 {
    let all = block.statements().iter().rev().filter(|line| line.keyword() == "advert_int");
    let given = all
        .filter_map(|line| as_milliseconds(line.word(1)))
        .find(|ms| (10..=255_000).contains(ms))
        .unwrap_or(1_000);
    match version {
        3 => given.min(LONGEST_V3_MS),
        _ => (given + 500) / 1_000 * 1_000,
    }
}

fn authentication(block: &Statement) -> Option<Authentication> {
    let block = block.last(&["authentication"])?;
    let kind = match block.argument("auth_type")? {
        "AH" => AuthenticationKind::Ah,
        "PASS" => AuthenticationKind::Pass,
        _ => return None,
    };
    // Without a password keepalived does without authentication.
    Some(Authentication { kind, password: Password::new(block.argument("auth_pass")?) })
}

fn addresses(block: &Statement, keyword: &str) -> Vec<Address> {
    let lists = block.all(std::slice::from_ref(&keyword));
    let mut found: Vec<Address> = Vec::new();
    for address in lists.flat_map(|list| list.statements()).filter_map(address) {
        found.push(address);
    }
    found
}

/// `ADDRESS[/PREFIX] [dev NAME] …`
fn address(line: &Statement) -> Option<Address> {
    let (address, prefix) = match line.keyword().split_once('/') {
        Some((address, prefix)) => (address, Some(prefix)),
        None => (line.keyword(), None),
    };
    let address: IpAddr = address.parse().ok()?;
    let whole = if address.is_ipv6() { 128 } else { 32 };
    let prefix_len = prefix.map_or(Some(whole), |prefix| prefix.parse().ok())?.min(whole);
    let mut words = line.arguments().iter();
    let (mut interface, mut others) = (None, Vec::new());
    while let Some(word) = words.next() {
        match word.as_str() {
            "dev" => interface = words.next().cloned(),
            _ => others.push(word.clone()),
        }
    }
    Some(Address { address, prefix_len, interface, others })
}

/// One address a line; what may follow it are its `min_ttl` and `max_ttl`.
fn peers(block: &Statement) -> Vec<IpAddr> {
    let lists = block.all(&["unicast_peer"]).flat_map(|list| list.statements());
    lists.flat_map(|line| line.words.iter().map_while(|word| word.parse().ok())).collect()
}

/// `NAME [weight N]`.
fn tracked(block: &Statement, keyword: &str) -> Vec<Tracked> {
    let lists = block.all(std::slice::from_ref(&keyword));
    let lines = lists.flat_map(|list| list.statements());
    let mut found = Vec::new();
    for line in lines {
        let weight = line.after("weight").and_then(|weight| weight.parse().ok());
        found.push(Tracked { name: line.keyword().to_owned(), weight });
    }
    found
}
