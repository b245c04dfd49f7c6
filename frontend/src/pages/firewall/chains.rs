//! The chains of the chosen table, and where each is entered from.

use leptos::prelude::*;
use signalbox_domain::firewall::draft::{referrers, with_table};
use signalbox_domain::firewall::is_anothers;

use super::board::Board;
use super::edits::{ChainTools, Editing};
use crate::locale::{t, t_with};
use crate::locales::firewall as texts;
use crate::ui::{Icon, IconView};

#[derive(Debug, Clone, PartialEq)]
struct Entry {
    name: String,
    rules: usize,
    anothers: bool,
    drafted: bool,
}

#[component]
pub(super) fn Chains(board: Board, editing: Editing) -> impl IntoView {
    let entries = Memo::new(move |_| {
        let (table, _) = board.place.get();
        let rules = with_table(&board.shown(), table);
        let chains = rules.table(table).map(|table| table.chains.clone()).unwrap_or_default();
        let entry = |chain: signalbox_domain::firewall::Chain| Entry {
            anothers: is_anothers(&chain.name),
            drafted: board.diff.with(|diff| diff.chain(table, &chain.name).is_some()),
            rules: chain.rules.len(),
            name: chain.name,
        };
        chains.into_iter().map(entry).collect::<Vec<_>>()
    });
    let button = move |entry: Entry| {
        let name = entry.name.clone();
        let (mine, chosen) = (name.clone(), name.clone());
        let is_on = Memo::new(move |_| board.place.with(|(_, chain)| *chain == mine));
        let choose = move |_| {
            let (table, _) = board.place.get_untracked();
            board.choose(table, &chosen);
        };
        view! {
            <button
                type="button"
                class="fw-chain"
                class:draft=entry.drafted
                aria-pressed=move || if is_on.get() { "true" } else { "false" }
                title=entry.anothers.then(|| t(texts::ANOTHERS))
                on:click=choose
            >
                {entry.anothers.then(|| view! { <IconView icon=Icon::LockKeyhole small=true /> })}
                {name}
                <span class="i3 tn">{entry.rules}</span>
            </button>
        }
    };
    let entered = Memo::new(move |_| {
        let (table, chain) = board.place.get();
        let rules = board.shown();
        let table = rules.table(table)?;
        if table.chain(&chain)?.is_built_in() {
            return None;
        }
        let from: Vec<String> =
            referrers(table, &chain).into_iter().map(|(from, at)| format!("{from} {at}")).collect();
        Some(if from.is_empty() {
            t(texts::NOT_REFERRED).to_owned()
        } else {
            t_with(texts::REFERRED, &[&from.join(", ")])
        })
    });
    let label = move || t_with(texts::CHAINS, &[&board.place.get().0]);
    view! {
        <div class="fw-chains" role="group" aria-label=label>
            {move || entries.get().into_iter().map(button).collect_view()}
            {move || entered.get().map(|text| view! { <span class="t12 i3">{text}</span> })}
            <span class="sp"></span>
            <ChainTools board editing />
        </div>
    }
}
