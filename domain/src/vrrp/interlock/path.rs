//! What adverts and clients pass on their way.

use super::Finding;
use crate::phrase::Phrase;
use crate::time::Timestamp;
use crate::vrrp::facts::{Missing, fresh};
use crate::vrrp::packet_filter::{FilterFinding, advert_protocol};
use crate::vrrp::plan::Pair;

pub(super) fn adverts_heard(pair: &Pair<'_>, now: Timestamp) -> Result<Finding, Missing> {
    let (count, at) = fresh(pair.to.adverts.as_ref(), now)?;
    let heard = count.after.saturating_sub(count.before);
    Ok(if pair.to_is_held_in_fault() {
        Finding::warn(Phrase::new("In FAULT it counts none", "FAULT 状态下不计数"), Some(at))
    } else if heard > 0 {
        Finding::pass(
            Phrase::new(format!("{} so far", count.after), format!("已收到 {} 个", count.after)),
            at,
        )
    } else {
        Finding::block(
            Phrase::new(
                format!(
                    "The counter stayed at {} over three intervals. See the packet filters and the service network",
                    count.after
                ),
                format!("计数器在三个间隔内停在 {}。须检查防火墙和业务网络", count.after),
            ),
            at,
        )
    })
}

pub(super) fn vrrp_not_filtered_title(pair: &Pair<'_>) -> Phrase {
    let protocol = advert_protocol(&pair.from.conf.value);
    Phrase::new(
        format!("Neither packet filter drops protocol {protocol}"),
        format!("两台的防火墙均未丢弃协议 {protocol}"),
    )
}

pub(super) fn vrrp_not_filtered(pair: &Pair<'_>, now: Timestamp) -> Result<Finding, Missing> {
    let mut worst = Finding::pass(Phrase::same("iptables, nftables"), now);
    for director in [pair.from, pair.to] {
        let name = &director.name;
        let finding = match &director.filter {
            Err(why) => Finding::warn(
                Phrase::new(format!("{name}: not known. {why}"), format!("{name}：未知。{why}")),
                None,
            ),
            Ok(fact) => {
                let (finding, at) = fresh(Some(fact), now)?;
                match finding {
                    FilterFinding::Passes => Finding::pass(worst.detail.clone(), at),
                    FilterFinding::Unsure { rule } => Finding::warn(
                        Phrase::new(
                            format!("{name} may drop it: {rule}"),
                            format!("{name} 可能丢弃：{rule}"),
                        ),
                        Some(at),
                    ),
                    FilterFinding::Drops { rule } => Finding::block(
                        Phrase::new(
                            format!("{name} drops it: {rule}. Remove that rule first"),
                            format!("{name} 丢弃：{rule}。须先删除该规则"),
                        ),
                        at,
                    ),
                }
            }
        };
        if finding.verdict < worst.verdict {
            worst = finding;
        }
    }
    Ok(worst)
}

pub(super) fn ipvs_equal(pair: &Pair<'_>, now: Timestamp) -> Result<Finding, Missing> {
    let (from, a) = fresh(pair.from.ipvs.as_ref(), now)?;
    let (to, b) = fresh(pair.to.ipvs.as_ref(), now)?;
    let addresses = pair.from.addresses_of_instance();
    let (from, to, at) = (from.on(&addresses), to.on(&addresses), a.min(b));
    let differences = from.differences(&to);
    Ok(match differences.first() {
        None => Finding::pass(
            Phrase::new(
                format!("{} services", from.services.len()),
                format!("{} 个虚拟服务", from.services.len()),
            ),
            at,
        ),
        Some(first) => Finding::block(
            Phrase::new(
                format!("{} differences. {}", differences.len(), first.en),
                format!("{} 处不同。{}", differences.len(), first.zh),
            ),
            at,
        ),
    })
}

pub(super) fn real_servers_reachable(pair: &Pair<'_>, now: Timestamp) -> Result<Finding, Missing> {
    let (reach, at) = fresh(pair.to.reach.as_ref(), now)?;
    let silent: Vec<String> =
        reach.iter().filter(|r| !r.reached).map(|r| r.server.to_string()).collect();
    Ok(if silent.is_empty() {
        let count = reach.len();
        Finding::pass(Phrase::new(format!("{count} of {count}"), format!("{count} / {count}")), at)
    } else {
        let silent = silent.join(", ");
        Finding::block(
            Phrase::new(
                format!("No TCP connection from there to {silent}"),
                format!("无法从该调度器建立到 {silent} 的 TCP 连接"),
            ),
            at,
        )
    })
}
