//! Packets that must get through, before and after a change.

use super::interlock;
use crate::firewall::evaluate::Host;
use crate::firewall::model::{Family, Ruleset};
use crate::firewall::needs::{Need, NeedKind};
use crate::firewall::plan::Site;
use crate::firewall::set::Sets;
use crate::firewall::trace::{Outcome, Trace, trace};
use crate::phrase::Phrase;
use crate::plan::{Interlock, Verdict};

/// Rules, and the sets that they name; `None` where the sets are not known.
#[derive(Clone, Copy)]
pub(super) struct Deciding<'a> {
    pub(super) rules: &'a Ruleset,
    pub(super) sets: Option<&'a Sets>,
}

impl Deciding<'_> {
    fn trace(self, site: &Site, need: &Need) -> Trace {
        let host = Host {
            addresses: Some(site.addresses.iter().map(|own| own.address).collect()),
            sets: self.sets.cloned(),
        };
        trace(self.rules, &need.packet, &host)
    }
}

/// One interlock for each packet that must get through.
pub(super) fn kept(site: &Site, before: Deciding, after: Deciding) -> Vec<Interlock> {
    let is_v6 = after.rules.family == Family::V6;
    let needs = site.needs.iter().filter(|need| need.packet.source.is_ipv6() == is_v6);
    needs
        .enumerate()
        .map(|(number, need)| {
            let (before, after) = (before.trace(site, need), after.trace(site, need));
            let found = judge(need, &before.outcome, &after);
            interlock(site, format!("{}_{}", id(need.kind), number + 1), need.title.clone(), found)
        })
        .collect()
}

/// Without it nobody could tell whether the change locks the console out.
pub(super) fn console_unseen(site: &Site) -> Option<Interlock> {
    let is_seen = site.needs.iter().any(|need| need.kind == NeedKind::Console);
    let title = Phrase::new("The console's own SSH stays open", "控制台自身的 SSH 保持畅通");
    let why = Phrase::new(
        "it could not be seen how the console reaches the node",
        "无法得知控制台如何到达该节点",
    );
    (!is_seen).then(|| interlock(site, "console", title, (Verdict::Block, why)))
}

fn id(kind: NeedKind) -> &'static str {
    match kind {
        NeedKind::Console => "console",
        NeedKind::Vrrp => "vrrp",
        NeedKind::Replication => "replication",
        NeedKind::Lvs => "lvs",
    }
}

fn judge(need: &Need, before: &Outcome, after: &Trace) -> (Verdict, Phrase) {
    let decides = after.deciding();
    match &after.outcome {
        Outcome::Accepted => {
            (Verdict::Pass, Phrase::new(format!("accepted: {decides}"), format!("接受：{decides}")))
        }
        Outcome::Unknown { .. }
            if need.kind == NeedKind::Console && *before == Outcome::Accepted =>
        {
            (
                Verdict::Block,
                Phrase::new(
                    format!("it cannot be told whether it is accepted: {decides}"),
                    format!("无法判断是否接受：{decides}"),
                ),
            )
        }
        Outcome::Unknown { .. } => (
            Verdict::Warn,
            Phrase::new(
                format!("it cannot be told whether it is accepted: {decides}"),
                format!("无法判断是否接受：{decides}"),
            ),
        ),
        outcome if outcome == before && need.kind != NeedKind::Console => (
            Verdict::Warn,
            Phrase::new(
                format!("{outcome}, now as before: {decides}"),
                format!("与现在一样被 {outcome}：{decides}"),
            ),
        ),
        outcome => (
            Verdict::Block,
            Phrase::new(
                format!("would be {outcome}: {decides}"),
                format!("将被 {outcome}：{decides}"),
            ),
        ),
    }
}
