//! The conditions of a change of rules.

use super::needs::Deciding;
use super::{interlock, is_anothers, needs, no_other_job, timer};
use crate::fact::STALE_AFTER;
use crate::firewall::lint::{Severity, lint, missing_sets};
use crate::firewall::model::Ruleset;
use crate::firewall::plan::{RulesChange, Site};
use crate::phrase::Phrase;
use crate::plan::{Interlock, Verdict};
use crate::time::Timestamp;

pub(in crate::firewall) fn of_rules(
    site: &Site,
    change: &RulesChange,
    locks: &[String],
    now: Timestamp,
) -> Vec<Interlock> {
    let mut all = vec![
        node_takes_it(site, change),
        rules_are_the_drafts_base(site, change, now),
        no_errors(site, change),
        timer(site),
        no_other_job(site, locks, now),
        others_rules_untouched(site, change),
        nothing_else_decides(site, change),
        loads_at_boot(site, change),
    ];
    let sets = site.reading.value.sets.sets();
    let before = Deciding { rules: &change.live, sets: sets.as_ref() };
    let after = Deciding { rules: &change.wanted, sets: sets.as_ref() };
    all.extend(needs::kept(site, before, after));
    all.extend(needs::console_unseen(site));
    all.sort_by_key(|interlock| interlock.verdict);
    all
}

fn node_takes_it(site: &Site, change: &RulesChange) -> Interlock {
    let name = &site.name;
    let found = match &change.refused {
        None => (
            Verdict::Pass,
            Phrase::new("loaded in a network namespace of its own", "已在独立网络命名空间中装入"),
        ),
        Some(why) => (
            Verdict::Block,
            Phrase::new(format!("{name} refuses it: {why}"), format!("{name} 拒绝：{why}")),
        ),
    };
    let title = Phrase::new(
        format!("{name}'s kernel takes the whole draft"),
        format!("{name} 的内核接受整个草稿"),
    );
    interlock(site, "node_takes_it", title, found)
}

fn rules_are_the_drafts_base(site: &Site, change: &RulesChange, now: Timestamp) -> Interlock {
    let title = Phrase::new(
        "The rules are those that the draft was made from",
        "当前规则即草稿所依据的规则",
    );
    let found = match &change.base {
        _ if site.reading.is_stale(now, STALE_AFTER) => {
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
    interlock(site, "rules_are_the_base", title, found)
}

fn no_errors(site: &Site, change: &RulesChange) -> Interlock {
    let title = Phrase::new("No rule of the draft is in error", "草稿中没有错误规则");
    let mut findings = lint(&change.wanted);
    findings.extend(missing_sets(&change.wanted, &site.reading.value.sets));
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
    interlock(site, "no_errors", title, found)
}

fn others_rules_untouched(site: &Site, change: &RulesChange) -> Interlock {
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
    interlock(site, "others_untouched", title, found)
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

fn nothing_else_decides(site: &Site, change: &RulesChange) -> Interlock {
    let title = Phrase::new("Nothing else decides on packets", "没有其他机制决定数据包");
    let reading = &site.reading.value;
    let beside = change.tool.beside();
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
    interlock(site, "nothing_else_decides", title, found)
}

fn loads_at_boot(site: &Site, change: &RulesChange) -> Interlock {
    let name = &site.name;
    let names_sets = change.wanted.rules().any(|(_, _, rule)| rule.named_sets().next().is_some());
    let title = Phrase::new(
        format!("{name} loads the rules again at boot"),
        format!("{name} 启动时会重新装入规则"),
    );
    let found = if names_sets
        && site.reading.value.loads_at_boot
        && !site.reading.value.loads_sets_at_boot
    {
        (
            Verdict::Warn,
            Phrase::new(
                "the draft names sets, and nothing was seen that makes them before; install ipset-persistent and save them, or no rule is loaded after a restart",
                "草稿引用了集合，而未发现启动时先创建集合的机制；请安装 ipset-persistent 并保存集合，否则重启后不会装入任何规则",
            ),
        )
    } else if site.reading.value.loads_at_boot {
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
    interlock(site, "loads_at_boot", title, found)
}
