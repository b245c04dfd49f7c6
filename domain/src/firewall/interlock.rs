//! The conditions that make a change of rules safe.

use super::evaluate::Host;
use super::lint::{Severity, lint, missing_sets};
use super::model::Ruleset;
use super::needs::{Need, NeedKind};
use super::plan::{ApplyInput, Change};
use super::trace::{Outcome, trace};
use crate::fact::STALE_AFTER;
use crate::phrase::Phrase;
use crate::plan::{Interlock, Verdict};
use crate::time::Timestamp;

pub(super) fn all(
    input: &ApplyInput,
    change: &Change,
    locks: &[String],
    now: Timestamp,
) -> Vec<Interlock> {
    let mut all = vec![
        node_takes_it(input),
        rules_are_the_drafts_base(input, change, now),
        no_errors(input, change),
        timer(input),
        no_other_job(input, locks, now),
        others_rules_untouched(input, change),
        nothing_else_decides(input),
        loads_at_boot(input, change),
    ];
    all.extend(needs(input, change));
    all.sort_by_key(|interlock| interlock.verdict);
    all
}

fn interlock(
    input: &ApplyInput,
    id: impl Into<String>,
    title: Phrase,
    (verdict, detail): (Verdict, Phrase),
) -> Interlock {
    let observed_at = Some(input.reading.observed_at);
    Interlock { id: id.into(), title, verdict, detail, observed_at }
}

fn node_takes_it(input: &ApplyInput) -> Interlock {
    let name = &input.name;
    let found = match &input.tried {
        Ok(_) => (
            Verdict::Pass,
            Phrase::new("loaded in a network namespace of its own", "已在独立网络命名空间中装入"),
        ),
        Err(why) => (
            Verdict::Block,
            Phrase::new(format!("{name} refuses it: {why}"), format!("{name} 拒绝：{why}")),
        ),
    };
    let title = Phrase::new(
        format!("{name}'s kernel takes the whole draft"),
        format!("{name} 的内核接受整个草稿"),
    );
    interlock(input, "node_takes_it", title, found)
}

fn rules_are_the_drafts_base(input: &ApplyInput, change: &Change, now: Timestamp) -> Interlock {
    let title = Phrase::new(
        "The rules are those that the draft was made from",
        "当前规则即草稿所依据的规则",
    );
    let found = match &input.base {
        _ if input.reading.is_stale(now, STALE_AFTER) => {
            (Verdict::Block, Phrase::new("the rules were read too long ago", "规则读取时间过久"))
        }
        Some(base) if *base != change.live_digest => (
            Verdict::Block,
            Phrase::new(
                "somebody changed them since; look at the difference and rebase the draft",
                "此后有人更改过；请查看差异并变基草稿",
            ),
        ),
        Some(_) => (Verdict::Pass, Phrase::new("unchanged", "未变")),
        None => (
            Verdict::Warn,
            Phrase::new(
                "the draft names no base: whatever is there now is replaced",
                "草稿未指明基础：将替换现有全部规则",
            ),
        ),
    };
    interlock(input, "rules_are_the_base", title, found)
}

fn no_errors(input: &ApplyInput, change: &Change) -> Interlock {
    let title = Phrase::new("No rule of the draft is in error", "草稿中没有错误规则");
    let mut findings = lint(&change.wanted);
    findings.extend(missing_sets(&change.wanted, &input.reading.value.sets));
    let errors: Vec<_> = findings.iter().filter(|f| f.severity == Severity::Error).collect();
    let found = match errors.first() {
        None => (
            Verdict::Pass,
            Phrase::new(
                format!("{} warnings and notes", findings.len()),
                format!("{} 条警告与提示", findings.len()),
            ),
        ),
        Some(first) => (Verdict::Block, first.says.clone()),
    };
    interlock(input, "no_errors", title, found)
}

fn timer(input: &ApplyInput) -> Interlock {
    let name = &input.name;
    let title = Phrase::new(
        format!("{name} can bring the old rules back by itself"),
        format!("{name} 能够自行恢复旧规则"),
    );
    let reading = &input.reading.value;
    let found = match (reading.has_timer, reading.has_scratch) {
        (true, true) => (Verdict::Pass, Phrase::same("systemd-run")),
        (false, _) => (
            Verdict::Block,
            Phrase::new(
                "it has no systemd-run, which sets the timer",
                "缺少设置定时器的 systemd-run",
            ),
        ),
        (true, false) => (
            Verdict::Block,
            Phrase::new("it has no unshare (util-linux)", "缺少 unshare（util-linux）"),
        ),
    };
    interlock(input, "timer", title, found)
}

fn no_other_job(input: &ApplyInput, locks: &[String], now: Timestamp) -> Interlock {
    let title = Phrase::new("No other job changes these rules", "没有其他任务在更改这些规则");
    let other = input.running.iter().find(|job| job.locks.iter().any(|lock| locks.contains(lock)));
    let found = match other {
        None => (Verdict::Pass, Phrase::new("none", "无")),
        Some(job) => (
            Verdict::Block,
            Phrase::new(format!("job {} does", job.id), format!("任务 {} 正在更改", job.id)),
        ),
    };
    Interlock { observed_at: Some(now), ..interlock(input, "no_other_job", title, found) }
}

/// Beginnings of the chains that other programs write and rewrite by themselves.
const OTHERS: [&str; 8] =
    ["DOCKER", "KUBE-", "cali-", "CNI-", "FLANNEL", "f2b-", "LIBVIRT_", "ts-"];

/// Chains that another program keeps.
pub fn is_anothers(chain: &str) -> bool {
    // DOCKER-USER is for people.
    chain != "DOCKER-USER" && OTHERS.iter().any(|beginning| chain.starts_with(beginning))
}

fn others_rules_untouched(input: &ApplyInput, change: &Change) -> Interlock {
    let title = Phrase::new("Chains of other programs stay as they are", "其他程序的链保持不变");
    let (before, after) = (anothers_rules(&change.live), anothers_rules(&change.wanted));
    let changed = before.iter().find(|rule| !after.contains(rule));
    let changed = changed.or_else(|| after.iter().find(|rule| !before.contains(rule)));
    let found = match changed {
        None if before.is_empty() => (Verdict::Pass, Phrase::new("there are none", "没有")),
        None => (
            Verdict::Pass,
            Phrase::new(format!("{} rules", before.len()), format!("{} 条规则", before.len())),
        ),
        Some((table, chain, text)) => (
            Verdict::Block,
            Phrase::new(
                format!("{table} {chain} differs: {text}. Its program would not know"),
                format!("{table} {chain} 有差异：{text}。所属程序不会知情"),
            ),
        ),
    };
    interlock(input, "others_untouched", title, found)
}

fn anothers_rules(rules: &Ruleset) -> Vec<(String, &str, &str)> {
    rules
        .rules()
        .filter(|(_, chain, _)| is_anothers(&chain.name))
        .map(|(table, chain, rule)| {
            (table.name.to_string(), chain.name.as_str(), rule.text.as_str())
        })
        .collect()
}

fn nothing_else_decides(input: &ApplyInput) -> Interlock {
    let title = Phrase::new("Nothing else decides on packets", "没有其他机制决定数据包");
    let reading = &input.reading.value;
    let beside = input.tool.beside();
    let mut others: Vec<String> =
        reading.others.iter().map(|other| format!("nft table {}", other.name)).collect();
    if reading.rulesets.get(&beside).is_some_and(|rules| !rules.is_empty()) {
        others.push(beside.to_string());
    }
    let found = if others.is_empty() {
        (Verdict::Pass, Phrase::new("nothing was seen", "未发现"))
    } else {
        let others = others.join(", ");
        (
            Verdict::Warn,
            Phrase::new(
                format!(
                    "{others}: a packet must pass these rules, too, and the draft is not about them"
                ),
                format!("{others}：数据包还须通过这些规则，草稿不涉及它们"),
            ),
        )
    };
    interlock(input, "nothing_else_decides", title, found)
}

fn loads_at_boot(input: &ApplyInput, change: &Change) -> Interlock {
    let name = &input.name;
    let names_sets = change.wanted.rules().any(|(_, _, rule)| rule.named_sets().next().is_some());
    let title = Phrase::new(
        format!("{name} loads the rules again at boot"),
        format!("{name} 启动时会重新装入规则"),
    );
    let found = if names_sets
        && input.reading.value.loads_at_boot
        && !input.reading.value.loads_sets_at_boot
    {
        (
            Verdict::Warn,
            Phrase::new(
                "the draft names sets, and nothing was seen that makes them before; install ipset-persistent and save them, or no rule is loaded after a restart",
                "草稿引用了集合，而未发现启动时先创建集合的机制；请安装 ipset-persistent 并保存集合，否则重启后不会装入任何规则",
            ),
        )
    } else if input.reading.value.loads_at_boot {
        (Verdict::Pass, Phrase::same("netfilter-persistent"))
    } else {
        (
            Verdict::Warn,
            Phrase::new(
                "nothing was seen that does; install iptables-persistent, or the rules are gone after a restart",
                "未发现此类机制；请安装 iptables-persistent，否则重启后规则丢失",
            ),
        )
    };
    interlock(input, "loads_at_boot", title, found)
}

/// One interlock for each packet that must get through.
fn needs(input: &ApplyInput, change: &Change) -> Vec<Interlock> {
    let host = Host {
        addresses: Some(input.addresses.iter().map(|own| own.address).collect()),
        sets: input.reading.value.sets.sets(),
    };
    let family =
        |need: &&Need| need.packet.source.is_ipv6() == (input.tool.family() == super::Family::V6);
    let mut all: Vec<Interlock> = input
        .needs
        .iter()
        .filter(family)
        .enumerate()
        .map(|(number, need)| {
            let before = trace(&change.live, &need.packet, &host);
            let after = trace(&change.wanted, &need.packet, &host);
            let found = judge(need, &before.outcome, &after);
            interlock(input, format!("{}_{}", id(need.kind), number + 1), need.title.clone(), found)
        })
        .collect();
    if !input.needs.iter().any(|need| need.kind == NeedKind::Console) {
        let title = Phrase::new("The console's own SSH stays open", "控制台自身的 SSH 保持畅通");
        let why = Phrase::new(
            "it could not be seen how the console reaches the node",
            "无法得知控制台如何到达该节点",
        );
        all.push(interlock(input, "console", title, (Verdict::Block, why)));
    }
    all
}

fn id(kind: NeedKind) -> &'static str {
    match kind {
        NeedKind::Console => "console",
        NeedKind::Vrrp => "vrrp",
        NeedKind::Replication => "replication",
        NeedKind::Lvs => "lvs",
    }
}

fn judge(need: &Need, before: &Outcome, after: &super::Trace) -> (Verdict, Phrase) {
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
