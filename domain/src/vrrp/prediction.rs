//! What clients will notice, from the real timers and from what was measured with keepalived 2.2.7.

use std::time::Duration;

use super::course::{Course, Way};
use super::facts::{DirectorFacts, KernelSettings};
use super::plan::Pair;
use super::timers;
use crate::phrase::Phrase;
use crate::plan::{PredictedPart, Prediction};

/// Between the new holder's decision and the first client that follows its gratuitous ARP: the
/// largest difference between a measured outage and the skew was 25 ms.
pub(super) const ARP: Duration = Duration::from_millis(30);
/// How long the measuring client waits for an answer.
const PATIENCE: Duration = Duration::from_millis(500);
/// With sub-second adverts up to two probes, 2 ms apart, were lost when a director was outranked.
const OUTRANKED: Duration = Duration::from_millis(4);

pub(super) fn of(pair: &Pair<'_>, course: &Course) -> Prediction {
    let conf = &pair.to.conf.value;
    let (to, version, advert_ms) = (&pair.to.name, conf.version, conf.advert_ms);
    let label = Phrase::new("Clients will get no answer for about", "客户端得不到应答的时间约为");
    if let Way::Outrank { .. } = course.way {
        let high_ms = outranked_ms(advert_ms);
        let open = open_connections(pair);
        return Prediction {
            label,
            low_ms: 0,
            high_ms,
            basis: Phrase::new(
                format!(
                    "The old holder answers until {to} has taken over. Measured with VRRPv2 and 1 s adverts: no probe lost; with VRRPv3 and 0.1 s: none to two of 500 a second. {}",
                    open.en
                ),
                format!(
                    "旧持有者在 {to} 接管之前一直应答。实测 VRRPv2、1 秒通告：无丢失；VRRPv3、0.1 秒：每秒 500 次中丢失 0 至 2 次。{}",
                    open.zh
                ),
            ),
            parts: Vec::new(),
        };
    }
    let priority = pair.to.said.as_ref().map_or(conf.priority, |f| f.value.effective_priority);
    let skew = timers::skew(conf, priority);
    let formula = match version {
        3 => format!("(256 − {priority}) / 256 × {advert_ms} ms"),
        _ => format!("(256 − {priority}) / 256 × 1 s"),
    };
    let part = |en: &str, zh: &str, low: Duration, high: Duration| PredictedPart {
        label: Phrase::new(en, zh),
        low_ms: millis(low),
        high_ms: millis(high),
    };
    // It passes on what still reaches it, and the last requests only wait for the new holder.
    let waits = pair.from.kernel.as_ref().is_some_and(|fact| fact.value.ip_forward);
    let least = if waits { skew.saturating_sub(PATIENCE) } else { skew };
    Prediction {
        label,
        low_ms: millis(least),
        high_ms: millis(skew + ARP),
        basis: Phrase::new(
            format!(
                "The old holder resigns with priority 0; {to} waits its skew: {formula}. Measured with priority 100: 0.61–0.62 s for VRRPv2, 0.07–0.09 s for VRRPv3 with 0.1 s adverts"
            ),
            format!(
                "旧持有者以优先级 0 退出；{to} 等待其偏移时间：{formula}。优先级 100 时实测：VRRPv2 为 0.61–0.62 秒，VRRPv3、0.1 秒通告为 0.07–0.09 秒"
            ),
        ),
        parts: vec![
            part("skew", "偏移时间", skew, skew),
            part("gratuitous ARP", "免费 ARP", Duration::ZERO, ARP),
        ],
    }
}

/// What is lost at most when a director is outranked, with these adverts.
pub(super) fn outranked_ms(advert_ms: u64) -> u64 {
    if advert_ms < 1000 { millis(OUTRANKED) } else { 0 }
}

/// Measured with 200 requests a second, each a connection of its own, over 28 hand-overs each:
/// with wrr and without forwarding one SYN and three answers were lost; with forwarding no SYN,
/// with mh and sloppy_tcp nothing.
fn open_connections(pair: &Pair<'_>) -> Phrase {
    let (from, to) = (&pair.from.name, &pair.to.name);
    let addresses = pair.to.addresses_of_instance();
    let services = pair.to.ipvs.as_ref().map(|fact| fact.value.on(&addresses)).unwrap_or_default();
    if services.services.is_empty() {
        return Phrase::new(
            "A connection that is open at that moment is cut",
            "此刻已建立的连接会中断",
        );
    }
    let Some(scheduler) = services.first_that_forgets() else {
        return open_through_hashing(pair);
    };
    Phrase::new(
        format!(
            "A connection that is open at that moment is cut: {scheduler} on {to} does not know where {from} sent it. mh with net.ipv4.vs.sloppy_tcp = 1 would"
        ),
        format!(
            "此刻已建立的连接会中断：{to} 的 {scheduler} 不知道 {from} 把它分给了哪台。mh 加 net.ipv4.vs.sloppy_tcp = 1 则可以"
        ),
    )
}

fn open_through_hashing(pair: &Pair<'_>) -> Phrase {
    let (from, to) = (&pair.from.name, &pair.to.name);
    let settings = |facts: &DirectorFacts| facts.kernel.as_ref().map(|fact| fact.value);
    match (settings(pair.from), settings(pair.to)) {
        (
            Some(KernelSettings { ip_forward: true, .. }),
            Some(KernelSettings { sloppy_tcp: true, .. }),
        ) => Phrase::new(
            format!(
                "Open connections go on: {to} sends each to the same real server, and {from} passes on what still reaches it"
            ),
            format!(
                "已建立的连接不会中断：{to} 把每个连接分给同一台真实服务器，{from} 转交仍到达它的数据包"
            ),
        ),
        _ => Phrase::new(
            format!(
                "Open connections go on only with net.ipv4.vs.sloppy_tcp = 1 on {to} and net.ipv4.ip_forward = 1 on {from}; not both are seen set"
            ),
            format!(
                "只有 {to} 上 net.ipv4.vs.sloppy_tcp = 1 且 {from} 上 net.ipv4.ip_forward = 1 时，已建立的连接才不会中断；未见两者均已设置"
            ),
        ),
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
