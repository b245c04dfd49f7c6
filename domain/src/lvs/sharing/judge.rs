//! From two counts and what the client tells to a verdict.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::rule::Rule;
use super::{
    Asked, ChiSquare, Count, LEAST_P, OTHERS_LIMIT, ServerShare, Sharing, SharingSpec,
    SharingVerdict,
};
use crate::lvs::{ServiceTraffic, VirtualService};
use crate::phrase::Phrase;
use crate::time::Timestamp;

/// Below so many connections of one server the test of chance is not to be relied on.
pub(super) const FEWEST_EXPECTED: f64 = 5.0;

impl SharingSpec {
    pub fn judge(&self, before: &Count, asked: Asked, after: &Count, at: Timestamp) -> Sharing {
        let mut sharing = Sharing {
            service: self.service.clone(),
            at,
            director: self.director,
            client: self.client,
            against: self.against,
            scheduler: String::new(),
            rule: Phrase::same(""),
            asked,
            counted: 0,
            others: 0,
            verdict: SharingVerdict::CannotBeSaid,
            why: Vec::new(),
            test: None,
            servers: Vec::new(),
        };
        if let Err(why) = self.compare(&mut sharing, before, after) {
            sharing.verdict = SharingVerdict::CannotBeSaid;
            sharing.why.push(why);
        }
        sharing
    }

    /// `Err`: why nothing can be said.
    fn compare(&self, sharing: &mut Sharing, before: &Count, after: &Count) -> Result<(), Phrase> {
        let target = self.service.target().ok_or_else(gone)?;
        if !before.holds || !after.holds {
            return Err(Phrase::new(
                "The director did not hold the address all the time",
                "调度器未始终持有该地址",
            ));
        }
        let (began, counted_before) = before.service(&target).ok_or_else(gone)?;
        let (ended, counted_after) = after.service(&target).ok_or_else(gone)?;
        let rule = Rule::of(&began.scheduler, &counted_before.scheduler_flags);
        sharing.scheduler.clone_from(&began.scheduler);
        sharing.rule = rule.words();
        if outline(began) != outline(ended) {
            return Err(Phrase::new(
                "The service's servers, weights or scheduler changed meanwhile",
                "期间该服务的服务器、权重或调度算法发生了变化",
            ));
        }
        let new = new_connections(counted_before, counted_after).ok_or_else(|| {
            Phrase::new("The director's counters began anew meanwhile", "期间调度器的计数器被清零")
        })?;
        sharing.counted = new.values().sum();
        let meant = self.meant(began);
        let own = u64::from(sharing.asked.connections);
        sharing.others = sharing.counted.saturating_sub(own);
        let expected = rule.expected(&meant, sharing.counted);
        let bounds = rule.bounds(&meant);
        sharing.servers = meant
            .real_servers
            .iter()
            .enumerate()
            .map(|(at, server)| ServerShare {
                address: server.address,
                port: server.port,
                name: self.name_of(server.address, server.port),
                weight: server.weight,
                expected: expected.as_ref().and_then(|all| all.get(at).copied()),
                observed: new.get(&(server.address, server.port)).copied().unwrap_or(0),
                bound: bounds.as_ref().and_then(|all| all.get(at).copied()),
            })
            .collect();
        if own == 0 || (sharing.counted as f64) < own as f64 * (1.0 - OTHERS_LIMIT) {
            return Err(Phrase::new(
                format!(
                    "The director counted {} of the client's {own} connections: the others took another way, or were not new",
                    sharing.counted
                ),
                format!(
                    "客户端的 {own} 个连接中调度器只计到 {} 个：其余走了其他路径，或不是新连接",
                    sharing.counted
                ),
            ));
        }
        expected.ok_or_else(|| rule.words())?;
        decide(sharing, rule)
    }

    /// The service as it began, with the weights that are meant.
    fn meant(&self, began: &VirtualService) -> VirtualService {
        let mut meant = began.clone();
        for server in &mut meant.real_servers {
            let own =
                self.servers.iter().find(|m| (m.address, m.port) == (server.address, server.port));
            if let Some(own) = own {
                server.weight = own.weight;
            }
        }
        meant
    }

    fn name_of(&self, address: IpAddr, port: u16) -> String {
        let named = self.servers.iter().find(|m| (m.address, m.port) == (address, port));
        named.map_or_else(|| address.to_string(), |server| server.name.clone())
    }
}

fn gone() -> Phrase {
    Phrase::new("The director does not have the service", "调度器上没有该服务")
}

/// What decides how the service is shared: all of it but the connections that it has.
fn outline(service: &VirtualService) -> VirtualService {
    let mut outline = service.clone();
    for server in &mut outline.real_servers {
        (server.active_connections, server.inactive_connections) = (0, 0);
    }
    outline
}

fn new_connections(
    before: &ServiceTraffic,
    after: &ServiceTraffic,
) -> Option<BTreeMap<(IpAddr, u16), u64>> {
    let count = |traffic: &ServiceTraffic| -> BTreeMap<(IpAddr, u16), u64> {
        let servers = traffic.servers.iter();
        servers.map(|s| ((s.address, s.port), s.counted.connections)).collect()
    };
    let before = count(before);
    let grown = |(key, now): ((IpAddr, u16), u64)| {
        Some((key, now.checked_sub(before.get(&key).copied().unwrap_or(0))?))
    };
    count(after).into_iter().map(grown).collect()
}

fn decide(sharing: &mut Sharing, rule: Rule) -> Result<(), Phrase> {
    let mut against = Vec::new();
    let Asked { connections, answered, .. } = sharing.asked;
    if answered < connections {
        against.push(Phrase::new(
            format!("{} of {connections} connections were not answered", connections - answered),
            format!("{connections} 个连接中有 {} 个未得到应答", connections - answered),
        ));
    }
    // The counters of the servers are not read at one moment: others' connections may fall between.
    let slack = sharing.others as f64 + 1e-6;
    let mut pairs = Vec::new();
    for server in &sharing.servers {
        let (Some(expected), seen) = (server.expected, server.observed as f64) else { continue };
        let name = &server.name;
        if expected > 0.0 {
            pairs.push((seen, expected));
        } else if seen > slack {
            against.push(Phrase::new(
                format!("{name} got {seen} connections and should get none"),
                format!("{name} 得到 {seen} 个连接，但不应得到任何连接"),
            ));
        }
        if let Some(bound) = server.bound
            && (seen - expected).abs() > bound + slack
        {
            against.push(Phrase::new(
                format!("{name} got {seen} connections, {expected:.1} ± {bound:.1} were its due"),
                format!("{name} 得到 {seen} 个连接，应为 {expected:.1} ± {bound:.1}"),
            ));
        }
    }
    sharing.test = ChiSquare::of(&pairs);
    if let Some(test) = sharing.test.filter(|test| test.p < LEAST_P) {
        against.push(Phrase::new(
            format!("Chance alone gives such shares with p = {:.1e}", test.p),
            format!("仅由偶然得到这种份额的概率为 p = {:.1e}", test.p),
        ));
    }
    let too_few = pairs.iter().any(|(_, expected)| *expected < FEWEST_EXPECTED);
    if against.is_empty() && too_few && rule != Rule::Turns {
        return Err(Phrase::new(
            "Too few requests: a server should get fewer than five",
            "请求太少：某台服务器的预期不足五个",
        ));
    }
    sharing.verdict = match against.is_empty() {
        true => SharingVerdict::AsExpected,
        false => SharingVerdict::NotAsExpected,
    };
    sharing.why.extend(against);
    if sharing.others as f64 > OTHERS_LIMIT * f64::from(connections) {
        let percent = sharing.others as f64 * 100.0 / f64::from(connections);
        sharing.why.push(Phrase::new(
            format!(
                "Others made {} connections meanwhile, {percent:.0} % of the client's: they are in the counts",
                sharing.others
            ),
            format!("期间其他客户端建立了 {} 个连接（{percent:.0} %），已计入", sharing.others),
        ));
    }
    Ok(())
}
