//! The sets that rules match by their names: a row of them, and what is in one.

use leptos::prelude::*;
use signalbox_domain::firewall::set::{SetView, SetsView};
use signalbox_domain::firewall::{AskedSet, Ruleset, TableName, Truth};

use super::board::Board;
use crate::locale::{t, t_with};
use crate::locales::firewall as texts;
use crate::ui::{Column, Dialog, Filter, LongTable, matches};

#[derive(Debug, Clone, PartialEq)]
struct Named {
    name: String,
    kind: String,
    count: u64,
}

/// Only where the node has some.
#[component]
pub(super) fn Sets(board: Board) -> impl IntoView {
    let open = RwSignal::new(None::<String>);
    let named = Memo::new(move |_| {
        board.view.with(|view| view.as_ref().map(|view| named(&view.sets))).unwrap_or_default()
    });
    let button = move |set: Named| {
        let Named { name, kind, count } = set;
        let label = t_with(texts::SET_BUTTON, &[&name, &kind, &count]);
        let (marked, chosen) = (name.clone(), name.clone());
        view! {
            <button
                type="button"
                class="fw-chain"
                data-set=marked
                aria-label=label
                on:click=move |_| open.set(Some(chosen.clone()))
            >
                {name}
                <span class="i3">{kind}</span>
                <span class="i3 tn">{count}</span>
            </button>
        }
    };
    view! {
        {move || {
            let sets = named.get();
            (!sets.is_empty()).then(|| view! {
                <div class="fw-chains fw-sets" role="group" aria-label=t(texts::SETS)>
                    <span class="t12 i3">{t(texts::SETS)}</span>
                    {sets.into_iter().map(button).collect_view()}
                </div>
            })
        }}
        {move || open.get().map(|name| view! { <Opened board name open /> })}
    }
}

fn named(view: &SetsView) -> Vec<Named> {
    let named = |(name, set): (&String, &SetView)| Named {
        name: name.clone(),
        kind: set.kind.clone(),
        count: set.count,
    };
    view.sets.iter().map(named).collect()
}

/// What is in a set, how it was made, and which rules ask for it.
#[component]
fn Opened(board: Board, name: String, open: RwSignal<Option<String>>) -> impl IntoView {
    let title = t_with(texts::SET_OF, &[&name]);
    let of_set = name.clone();
    let set = Memo::new(move |_| {
        board.view.with(|view| view.as_ref()?.sets.sets.get(&of_set).cloned()).unwrap_or_default()
    });
    let unreadable =
        Memo::new(move |_| board.view.with(|view| view.as_ref()?.sets.unreadable.clone()));
    let typed = RwSignal::new(String::new());
    let shown = Signal::derive(move || {
        let typed = typed.get();
        set.with(|set| {
            let entries = set.entries.iter().flatten();
            entries.filter(|entry| matches(&typed, entry)).cloned().collect::<Vec<_>>()
        })
    });
    let asking = Memo::new(move |_| asking(&board.shown(), &name));
    let about = move || set.with(|set| format!("{} {}", set.kind, set.header));
    let note = move || {
        if let Some(why) = unreadable.get() {
            return Some(t_with(texts::SETS_UNREADABLE, &[&why]));
        }
        let (count, entries) = set.with(|set| (set.count, set.entries.as_ref().map(Vec::len)));
        match entries {
            None => Some(t_with(texts::SET_TOO_LARGE, &[&count])),
            Some(0) => Some(t(texts::SET_EMPTY).to_owned()),
            Some(_) => shown.with(Vec::is_empty).then(|| t(texts::NO_ENTRY).to_owned()),
        }
    };
    let row = |(index, entry): (usize, String)| {
        view! {
            <tr aria-rowindex=index>
                <td class="r i3 tn">{index - 1}</td>
                <td class="mono">{entry}</td>
            </tr>
        }
        .into_any()
    };
    let columns = vec![Column::new("#").right().width("64px"), Column::new(t(texts::ENTRY))];
    let head = move || view! { <Filter value=typed /> };
    view! {
        <Dialog title=Signal::stored(title.clone()) class="wide" head on_close=move |()| open.set(None)>
            <div class="body fw-set" tabindex="0">
                <p class="t12 i2 mono">{about}</p>
                <Asking board asking open />
                <LongTable label=title columns rows=shown row=row />
                {move || note().map(|note| view! { <p class="fw-none i3">{note}</p> })}
            </div>
        </Dialog>
    }
}

type Place = (TableName, String, usize);

/// Where the shown rules name the set.
fn asking(rules: &Ruleset, name: &str) -> Vec<Place> {
    let mut places = Vec::new();
    for table in &rules.tables {
        for chain in &table.chains {
            let rules = chain.rules.iter().enumerate();
            let naming = rules.filter(|(_, rule)| rule.named_sets().any(|named| named == name));
            places.extend(naming.map(|(at, _)| (table.name, chain.name.clone(), at + 1)));
        }
    }
    places
}

#[component]
fn Asking(board: Board, asking: Memo<Vec<Place>>, open: RwSignal<Option<String>>) -> impl IntoView {
    let link = move |(table, chain, number): Place| {
        let text = t_with(texts::BY_RULE, &[&table, &chain, &number]);
        let go = move |_| {
            open.set(None);
            board.choose(table, &chain);
        };
        view! { <button type="button" class="fw-chain" on:click=go>{text}</button> }
    };
    move || {
        let places = asking.get();
        let word = if places.is_empty() { texts::SET_NOT_ASKED } else { texts::SET_ASKED };
        view! {
            <div class="fw-asking">
                <span class="t12 i3">{t(word)}</span>
                {places.into_iter().map(link).collect_view()}
            </div>
        }
    }
}

/// What a step of the tracer found of a set.
pub(super) fn found(set: &AskedSet) -> String {
    let entry = set.entry.as_deref().unwrap_or_default();
    match set.truth {
        Truth::Yes => t_with(texts::IN_SET, &[&set.name, &entry]),
        Truth::No => t_with(texts::NOT_IN_SET, &[&set.name]),
        Truth::Unknown => t_with(texts::SET_MAYBE, &[&set.name]),
    }
}

#[cfg(test)]
mod tests {
    use signalbox_domain::firewall::{Family, parse};

    use super::*;

    #[test]
    fn rules_that_ask_for_a_set_or_change_it_are_told() {
        let rules = parse(
            "*filter\n:INPUT ACCEPT\n-A INPUT -j ACCEPT\n-A INPUT -m set --match-set a src -j DROP\nCOMMIT\n\
             *raw\n:PREROUTING ACCEPT\n-A PREROUTING -m set ! --match-set b dst -j SET --add-set a src\nCOMMIT\n",
            Family::V4,
        )
        .unwrap();
        let places = |name: &str| {
            let places = asking(&rules, name).into_iter();
            places.map(|(table, chain, at)| format!("{table} {chain} {at}")).collect::<Vec<_>>()
        };
        assert_eq!(places("a"), ["filter INPUT 2", "raw PREROUTING 1"]);
        assert_eq!(places("b"), ["raw PREROUTING 1"]);
        assert_eq!(places("c"), Vec::<String>::new());
    }
}
