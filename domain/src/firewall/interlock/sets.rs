//! The conditions of a change of sets.

use std::collections::BTreeSet;

use super::needs::{Deciding, console_unseen, kept};
use super::{interlock, is_anothers, no_other_job, timer};
use crate::fact::STALE_AFTER;
use crate::firewall::model::Ruleset;
use crate::firewall::plan::{SetsChange, Site};
use crate::firewall::set::{Act, Kind, Sets};
use crate::firewall::tool::Tool;
use crate::phrase::Phrase;
use crate::plan::{Interlock, Verdict};
use crate::time::Timestamp;

pub(in crate::firewall) fn of_sets(
    site: &Site,
    change: &SetsChange,
    locks: &[String],
    now: Timestamp,
) -> Vec<Interlock> {
    let asking = asking(site, &concerned(change));
    let mut all = vec![
        sets_are_seen(site, now),
        nothing_asks_for_what_goes(site, change),
        timer(site),
        no_other_job(site, locks, now),
        others_sets_untouched(site, change),
        made_at_boot(site),
        rules_can_be_read(site),
        rules_that_ask(site, &asking),
    ];
    for (tool, rules) in &asking {
        let before = Deciding { rules, sets: Some(&change.before) };
        let after = Deciding { rules, sets: Some(&change.after) };
        let of_tool = |need: Interlock| Interlock { id: format!("{tool}_{}", need.id), ..need };
        all.extend(kept(site, before, after).into_iter().map(of_tool));
    }
    if !asking.is_empty() {
        all.extend(console_unseen(site));
    }
    all.sort_by_key(|interlock| interlock.verdict);
    all
}

fn sets_are_seen(site: &Site, now: Timestamp) -> Interlock {
    let title = Phrase::new("The sets were read just now", "集合刚刚读取");
    let found = if site.reading.is_stale(now, STALE_AFTER) {
        (Verdict::Block, Phrase::new("they were read too long ago", "读取时间过久"))
    } else {
        let tried = "the edits were tried in a network namespace of their own";
        (Verdict::Pass, Phrase::new(tried, "编辑已在独立网络命名空间中试行"))
    };
    interlock(site, "sets_are_seen", title, found)
}

/// The kernel destroys no set that a rule or a list names, which the trial does not see.
fn nothing_asks_for_what_goes(site: &Site, change: &SetsChange) -> Interlock {
    let title = Phrase::new(
        "No rule and no list names a set that is destroyed",
        "没有规则或列表引用将被销毁的集合",
    );
    let destroyed = change.edits.iter().filter(|edit| edit.act == Act::Destroy);
    let destroyed: BTreeSet<&str> = destroyed.map(|edit| edit.set.as_str()).collect();
    let by_rule = rulesets(site).find_map(|(tool, rules)| {
        let mut naming = rules.rules().filter_map(|(table, chain, rule)| {
            let set = rule.named_sets().find(|set| destroyed.contains(set))?;
            Some((set.to_owned(), format!("{tool}: {} {} {}", table.name, chain.name, rule.text)))
        });
        naming.next()
    });
    let by_list = || {
        lists(&change.after).find_map(|(list, members)| {
            let member = members.into_iter().find(|member| destroyed.contains(member))?;
            Some((member.to_owned(), list.to_owned()))
        })
    };
    let found = match by_rule.or_else(by_list) {
        None if destroyed.is_empty() => (Verdict::Pass, Phrase::new("none is", "没有销毁集合")),
        None => (Verdict::Pass, Phrase::new("none does", "没有")),
        Some((set, by)) => (
            Verdict::Block,
            Phrase::new(
                format!("{by} names {set}: take it out first"),
                format!("{by} 引用了 {set}：请先移除"),
            ),
        ),
    };
    interlock(site, "not_asked_for", title, found)
}

/// Another program that keeps a set does not know what was changed there.
fn others_sets_untouched(site: &Site, change: &SetsChange) -> Interlock {
    let title = Phrase::new("Sets of other programs stay as they are", "其他程序的集合保持不变");
    let entries_only = |act: &Act| matches!(act, Act::Add(_) | Act::Remove(_));
    let mut theirs: Vec<_> = change.edits.iter().filter(|edit| is_anothers(&edit.set)).collect();
    theirs.sort_by_key(|edit| entries_only(&edit.act));
    let found = match theirs.first() {
        None => (Verdict::Pass, Phrase::new("none is changed", "未更改")),
        Some(edit) if entries_only(&edit.act) => (
            Verdict::Warn,
            Phrase::new(
                format!("{}: its program does not know, and may change it back", edit.set),
                format!("{}：所属程序不会知情，可能会改回", edit.set),
            ),
        ),
        Some(edit) => (
            Verdict::Block,
            Phrase::new(
                format!("{edit}: its program would not know. Use that program's own command"),
                format!("{edit}：所属程序不会知情。请使用该程序自己的命令"),
            ),
        ),
    };
    interlock(site, "others_untouched", title, found)
}

fn made_at_boot(site: &Site) -> Interlock {
    let name = &site.name;
    let title = Phrase::new(
        format!("{name} makes the sets again at boot"),
        format!("{name} 启动时会重新创建集合"),
    );
    let found = if site.reading.value.loads_sets_at_boot {
        (Verdict::Pass, Phrase::same("netfilter-persistent"))
    } else {
        (
            Verdict::Warn,
            Phrase::new(
                "nothing was seen that does; install ipset-persistent, or the sets are gone after a restart",
                "未发现此类机制；请安装 ipset-persistent，否则重启后集合丢失",
            ),
        )
    };
    interlock(site, "made_at_boot", title, found)
}

fn rules_can_be_read(site: &Site) -> Interlock {
    let title = Phrase::new("All rules of the node can be read", "节点的所有规则均可读取");
    let unreadable = site.reading.value.rulesets.iter().find_map(|(tool, view)| {
        let why = view.unreadable.as_ref()?;
        // A tool that is not installed has no rules.
        (!why.ends_with("not found")).then(|| format!("{tool}: {why}"))
    });
    let found = match unreadable {
        None => (Verdict::Pass, Phrase::new("they can", "可以")),
        Some(why) => (
            Verdict::Warn,
            Phrase::new(
                format!("{why}. What they make of the sets is not known"),
                format!("{why}。无法得知它们如何使用集合"),
            ),
        ),
    };
    interlock(site, "rules_can_be_read", title, found)
}

fn rules_that_ask(site: &Site, asking: &[(Tool, Ruleset)]) -> Interlock {
    let title = Phrase::new(
        "What the rules that ask for these sets decide was traced",
        "已追踪引用这些集合的规则的判定",
    );
    let tools: Vec<&str> = asking.iter().map(|(tool, _)| tool.as_str()).collect();
    let found = if tools.is_empty() {
        (Verdict::Pass, Phrase::new("no rule asks for them", "没有规则引用它们"))
    } else {
        (Verdict::Pass, Phrase::same(tools.join(", ")))
    };
    interlock(site, "rules_that_ask", title, found)
}

/// The sets that change, and the lists that hold them.
fn concerned(change: &SetsChange) -> BTreeSet<String> {
    let mut all: BTreeSet<String> = change.names().into_iter().map(str::to_owned).collect();
    for (list, members) in lists(&change.before).chain(lists(&change.after)) {
        if members.into_iter().any(|member| change.names().contains(member)) {
            all.insert(list.to_owned());
        }
    }
    all
}

fn lists(sets: &Sets) -> impl Iterator<Item = (&str, Vec<&str>)> {
    let known = sets.iter().filter_map(|(name, set)| Some((name, set.as_ref()?)));
    known.filter(|(_, set)| set.kind == Kind::ListSet).map(|(name, set)| {
        (name.as_str(), set.entries.iter().map(|entry| entry.text.as_str()).collect())
    })
}

fn rulesets(site: &Site) -> impl Iterator<Item = (Tool, Ruleset)> {
    let readable = site.reading.value.rulesets.iter().filter(|(_, view)| view.unreadable.is_none());
    readable.filter_map(|(tool, view)| Some((*tool, tool.parse(&view.text).ok()?)))
}

/// The rulesets that ask for one of these sets.
fn asking(site: &Site, sets: &BTreeSet<String>) -> Vec<(Tool, Ruleset)> {
    let asks = |rules: &Ruleset| {
        rules.rules().any(|(_, _, rule)| rule.named_sets().any(|set| sets.contains(set)))
    };
    rulesets(site).filter(|(_, rules)| asks(rules)).collect()
}
