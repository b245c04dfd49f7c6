//! What differs between two rulesets, chain by chain.

use leptos::prelude::*;
use signalbox_domain::firewall::Ruleset;
use signalbox_domain::firewall::diff::{ChainDiff, Diff, Mark};

use crate::locale::{t, t_with};
use crate::locales::firewall as texts;

/// Within an element of the class `fw-diff`.
pub(super) fn differences(diff: &Diff, before: &Ruleset, after: &Ruleset) -> impl IntoView + use<> {
    diff.chains.iter().map(|chain| chain_diff(chain, before, after)).collect_view()
}

fn chain_diff(chain: &ChainDiff, before: &Ruleset, after: &Ruleset) -> impl IntoView + use<> {
    let rule = |rules: &Ruleset, at: Option<usize>| {
        let chain = rules.table(chain.table)?.chain(&chain.chain)?;
        Some(chain.rules.get(at?.checked_sub(1)?)?.text.clone())
    };
    let policy = chain.policy.map(|(before, after)| {
        view! { <li class="changed"><span class="fw-sign">"~"</span>{t_with(texts::POLICY_DIFF, &[&before.as_str(), &after.as_str()])}</li> }
    });
    let rows = chain.rows.iter().filter(|row| row.mark != Mark::Same).map(|row| {
        let (old, new) = (rule(before, row.before), rule(after, row.after));
        let (sign, class) = match row.mark {
            Mark::Added => ("+", "added"),
            Mark::Removed => ("−", "removed"),
            Mark::Changed | Mark::Same => ("~", "changed"),
        };
        let number = row.after.or(row.before);
        view! {
            <li class=class>
                <span class="fw-sign">{sign}</span>
                <span class="i3 tn">{number}</span>
                <code>
                    {old.map(|text| view! { <del>{text}</del> })}
                    {new.map(|text| view! { <ins>{text}</ins> })}
                </code>
            </li>
        }
    });
    let rows = rows.collect_view();
    let note = if chain.is_new {
        Some(texts::CHAIN_NEW)
    } else {
        chain.is_gone.then_some(texts::CHAIN_GONE)
    };
    view! {
        <h3>
            {format!("{} {}", chain.table, chain.chain)}
            {note.map(|note| view! { <span class="t12 acc">" "{t(note)}</span> })}
        </h3>
        <ul>{policy}{rows}</ul>
    }
}
