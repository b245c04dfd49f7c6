//! Two directors together: each row of differences that made two MASTERs on real machines, and
//! says nothing of itself.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::super::model::{Instance, VirtualServer};
use super::super::{Configuration, Effective};
use super::{Code, Finding, Findings, Severity, sorted};

/// One director's part of a pair.
pub(super) type Director<'a> = (&'a Configuration, &'a Effective);

/// Findings of two directors of one cluster. Places are in the second one's files.
pub fn lint_pair(first: Director<'_>, second: Director<'_>) -> Vec<Finding> {
    let mut pair = Pair {
        hosts: (name(first.0), name(second.0)),
        found: Findings { configuration: second.0, found: Vec::new() },
    };
    let ours: BTreeMap<&str, &Instance> = by_name(first.1);
    let theirs: BTreeMap<&str, &Instance> = by_name(second.1);
    for (name, twin) in &theirs {
        match ours.get(name) {
            Some(instance) => {
                pair.instance(instance, twin);
                pair.weights((instance, first.1), (twin, second.1));
            }
            None => pair.alone(name, twin.place, false),
        }
    }
    for name in ours.keys().filter(|name| !theirs.contains_key(*name)) {
        pair.alone(name, Default::default(), true);
    }
    pair.services(&first.1.virtual_servers, &second.1.virtual_servers);
    sorted(pair.found.found)
}

fn by_name(effective: &Effective) -> BTreeMap<&str, &Instance> {
    effective.instances.iter().map(|instance| (instance.name.as_str(), instance)).collect()
}

fn name(configuration: &Configuration) -> String {
    match configuration.host.is_empty() {
        true => configuration.files.first().cloned().unwrap_or_default(),
        false => configuration.host.clone(),
    }
}

struct Pair<'a> {
    hosts: (String, String),
    found: Findings<'a>,
}

impl Pair<'_> {
    fn alone(&mut self, name: &str, place: super::Place, first: bool) {
        let host = if first { &self.hosts.0 } else { &self.hosts.1 };
        let (en, zh) = (
            format!(
                "{name} is on {host} only, and nobody takes its addresses over: add it to the other director"
            ),
            format!("{name} 只在 {host} 上，没有其他机器能接管其地址：请在另一台上添加"),
        );
        self.found.add(Code::PairAlone, Severity::Warning, place, en, zh);
    }

    fn differs(
        &mut self,
        code: Code,
        at: &Instance,
        what: [&str; 2],
        values: [String; 2],
        then: [&str; 2],
    ) {
        let (a, b) = &self.hosts;
        let [en, zh] = what;
        let [ours, theirs] = values;
        self.found.add(
            code,
            Severity::Error,
            at.place,
            format!(
                "{}: {en} is {ours} on {a} and {theirs} on {b}, {}: make them the same",
                at.name, then[0]
            ),
            format!(
                "{}：{zh}在 {a} 上为 {ours}，在 {b} 上为 {theirs}，{}：请改为一致",
                at.name, then[1]
            ),
        );
    }

    fn instance(&mut self, a: &Instance, b: &Instance) {
        const SPLIT: [&str; 2] = ["so both become MASTER", "会导致双主"];
        const SILENT: [&str; 2] =
            ["so both become MASTER and no counter shows it", "会导致双主，而且没有计数器会显示"];
        if a.virtual_router_id != b.virtual_router_id {
            let id = |i: &Instance| i.virtual_router_id.map_or("none".into(), |id| id.to_string());
            self.differs(
                Code::PairVrid,
                b,
                ["virtual_router_id", "virtual_router_id "],
                [id(a), id(b)],
                SILENT,
            );
        }
        if a.version != b.version {
            let values = [a.version.to_string(), b.version.to_string()];
            self.differs(Code::PairVersion, b, ["the VRRP version", "VRRP 版本"], values, SILENT);
        }
        if a.advert_ms != b.advert_ms {
            let seconds = |i: &Instance| format!("{} s", i.advert_ms as f64 / 1_000.0);
            let then = if a.version == 2 {
                SPLIT
            } else {
                ["so they time out unevenly", "超时会不一致"]
            };
            self.differs(
                Code::PairAdvert,
                b,
                ["advert_int", "advert_int "],
                [seconds(a), seconds(b)],
                then,
            );
        }
        self.authentication(a, b);
        self.addresses(a, b);
        self.unicast(a, b);
        self.priority(a, b);
    }

    fn authentication(&mut self, a: &Instance, b: &Instance) {
        let kind = |i: &Instance| match &i.authentication {
            Some(authentication) => format!("{:?}", authentication.kind).to_uppercase(),
            None => "none".to_owned(),
        };
        let used = |i: &Instance| {
            i.authentication.as_ref().map(|authentication| {
                authentication.password.revealed().bytes().take(8).collect::<Vec<u8>>()
            })
        };
        let then = ["so both become MASTER", "会导致双主"];
        if kind(a) != kind(b) {
            self.differs(
                Code::PairAuthentication,
                b,
                ["auth_type", "auth_type "],
                [kind(a), kind(b)],
                then,
            );
        } else if used(a) != used(b) {
            let values = ["one password".to_owned(), "another".to_owned()];
            self.differs(Code::PairAuthentication, b, ["auth_pass", "auth_pass "], values, then);
        }
    }

    fn addresses(&mut self, a: &Instance, b: &Instance) {
        let list = |i: &Instance| -> Vec<IpAddr> {
            i.virtual_addresses.iter().map(|address| address.address).collect()
        };
        let (ours, theirs) = (list(a), list(b));
        if ours == theirs {
            return;
        }
        let set = |all: &[IpAddr]| all.iter().copied().collect::<BTreeSet<IpAddr>>();
        let place = b.place;
        let (one, other) = (&self.hosts.0, &self.hosts.1);
        let (severity, en, zh) = if set(&ours) == set(&theirs) && ours.len() == theirs.len() {
            (
                Severity::Note,
                format!(
                    "{}: the addresses stand in another order on {one} and {other}; the first one names the adverts' family and the rest only tells readers: use one order",
                    b.name
                ),
                format!("{}：{one} 与 {other} 上的地址顺序不同：请统一顺序", b.name),
            )
        } else {
            let only = |all: &[IpAddr], not: &[IpAddr]| {
                let words: Vec<String> =
                    all.iter().filter(|a| !not.contains(a)).map(IpAddr::to_string).collect();
                if words.is_empty() { "none".to_owned() } else { words.join(", ") }
            };
            let (mine, its) = (only(&ours, &theirs), only(&theirs, &ours));
            (
                Severity::Error,
                format!(
                    "{}: the virtual_ipaddress lists differ ({} and {} addresses; only on {one}: {mine}; only on {other}: {its}), so both become MASTER: make them the same",
                    b.name,
                    ours.len(),
                    theirs.len()
                ),
                format!(
                    "{}：virtual_ipaddress 列表不同（{} 个与 {} 个；只在 {one}：{mine}；只在 {other}：{its}），会导致双主：请改为一致",
                    b.name,
                    ours.len(),
                    theirs.len()
                ),
            )
        };
        self.found.add(Code::PairAddresses, severity, place, en, zh);
    }

    fn unicast(&mut self, a: &Instance, b: &Instance) {
        let way = |i: &Instance| match i.unicast_peers.is_empty() {
            true => "multicast".to_owned(),
            false => "unicast".to_owned(),
        };
        if way(a) != way(b) {
            let then = [
                "so both become MASTER and no counter shows it",
                "会导致双主，而且没有计数器会显示",
            ];
            return self.differs(
                Code::PairUnicast,
                b,
                ["the way of its adverts", "通告方式"],
                [way(a), way(b)],
                then,
            );
        }
        let hosts = self.hosts.clone();
        for (from, to, names) in [(a, b, (&hosts.0, &hosts.1)), (b, a, (&hosts.1, &hosts.0))] {
            let Some(source) = to.unicast_src_ip else { continue };
            if !from.unicast_peers.is_empty() && !from.unicast_peers.contains(&source) {
                let (sender, receiver) = names;
                self.found.add(
                    Code::PairPeers,
                    Severity::Error,
                    b.place,
                    format!("{}: {sender} does not send to {source}, which {receiver} sends from, so both become MASTER: add it to unicast_peer of {sender}", b.name),
                    format!("{}：{sender} 的 unicast_peer 中没有 {receiver} 的源地址 {source}，会导致双主：请添加", b.name),
                );
            }
        }
    }

    fn priority(&mut self, a: &Instance, b: &Instance) {
        let (one, other) = self.hosts.clone();
        if a.priority == b.priority {
            self.found.add(
                Code::PairPriority,
                Severity::Warning,
                b.place,
                format!("{}: both directors have priority {}; then the higher address decides: give one more", b.name, a.priority),
                format!("{}：两台的 priority 都是 {}，此时由较大的地址决定：请让其中一台更高", b.name, a.priority),
            );
            return;
        }
        let (low, high, low_name) = match a.priority < b.priority {
            true => (a, b, one),
            false => (b, a, other),
        };
        if low.nopreempt && !high.nopreempt {
            self.found.add(
                Code::PairNopreempt,
                Severity::Warning,
                b.place,
                format!("{}: nopreempt counts on the director with the higher priority, and only {low_name} with the lower one has it: move it, or give it to both", b.name),
                format!("{}：nopreempt 只在优先级较高的一台上有效，而现在只有优先级较低的 {low_name} 设置了它：请移动或两台都设置", b.name),
            );
        }
    }

    /// A script that takes from the higher priority shall let the other take over.
    fn weights(&mut self, a: (&Instance, &Effective), b: (&Instance, &Effective)) {
        let (one, other) = self.hosts.clone();
        let ((high, of_high), low, name) = match a.0.priority > b.0.priority {
            true => (a, b.0, one),
            false => (b, a.0, other),
        };
        for tracked in &high.track_scripts {
            let own = of_high.scripts.iter().find(|script| script.name == tracked.name);
            let weight = tracked.weight.or(own.map(|script| script.weight)).unwrap_or(0);
            let (script, from, left) =
                (&tracked.name, i32::from(high.priority), i32::from(high.priority) + weight);
            if weight < 0 && left >= i32::from(low.priority) {
                self.found.add(
                    Code::PairWeight,
                    Severity::Warning,
                    b.0.place,
                    format!("{}: {script} lowers {name} from {from} to {left}, which is not below {}: the other never takes over; its weight must be {} at least", high.name, low.priority, from - i32::from(low.priority) + 1),
                    format!("{}：{script} 将 {name} 从 {from} 降到 {left}，不低于 {}：另一台不会接管；权重至少应为 {}", high.name, low.priority, from - i32::from(low.priority) + 1),
                );
            } else if weight < 0 && low.nopreempt && !low.starts_as_master {
                self.found.add(
                    Code::PairWeight,
                    Severity::Warning,
                    b.0.place,
                    format!("{}: {script} lowers {name}, but the other has nopreempt and never takes over", high.name),
                    format!("{}：{script} 会降低 {name} 的优先级，但另一台配置了 nopreempt，不会接管", high.name),
                );
            }
        }
    }

    fn services(&mut self, a: &[VirtualServer], b: &[VirtualServer]) {
        let ours: BTreeMap<_, _> = a.iter().map(|server| (&server.target, server)).collect();
        let theirs: BTreeMap<_, _> = b.iter().map(|server| (&server.target, server)).collect();
        let (one, other) = self.hosts.clone();
        for (target, server) in &theirs {
            let what = match ours.get(target) {
                None => format!("is on {other} only"),
                Some(twin) => match service_difference(twin, server) {
                    Some(what) => format!("differs between {one} and {other}: {what}"),
                    None => continue,
                },
            };
            self.service(target, &what, server.place);
        }
        for target in ours.keys().filter(|target| !theirs.contains_key(*target)) {
            self.service(target, &format!("is on {one} only"), Default::default());
        }
    }

    fn service(&mut self, target: &super::super::Target, what: &str, place: super::Place) {
        self.found.add(
            Code::PairServices,
            Severity::Warning,
            place,
            format!("{target} {what}; clients meet another service after a hand-over: make them the same"),
            format!("{target}：两台上的服务不同（{what}）；切换后客户端会遇到不同的服务：请改为一致"),
        );
    }
}

fn service_difference(a: &VirtualServer, b: &VirtualServer) -> Option<String> {
    if a.scheduler != b.scheduler {
        return Some(format!("scheduler {} and {}", a.scheduler, b.scheduler));
    }
    if a.persistence_s != b.persistence_s {
        return Some("persistence".to_owned());
    }
    let servers = |server: &VirtualServer| -> BTreeMap<_, _> {
        let all = server.real_servers.iter();
        all.map(|real| ((real.address, real.port), (real.weight, real.forwarding))).collect()
    };
    let (ours, theirs) = (servers(a), servers(b));
    let differs = ours.iter().find(|(key, value)| theirs.get(*key) != Some(*value));
    let differs = differs.or_else(|| theirs.iter().find(|(key, _)| !ours.contains_key(*key)));
    differs.map(|((address, port), _)| format!("real server {address} port {port}"))
}
