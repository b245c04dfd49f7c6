//! The sets that rules match by their names: a row of them, and what is in one.

use leptos::prelude::*;
use signalbox_domain::firewall::set::{SetView, SetsView};
use signalbox_domain::firewall::{AskedSet, FirewallView, Ruleset, TableName, Truth};

use super::board::Board;
use super::edits::Editing;
use super::set_draft::{NewSet, SetDraft, SetDraftBar, SetText};
use crate::locale::{t, t_with};
use crate::locales::firewall as texts;
use crate::locales::words;
use crate::ui::{
    Button, Column, Dialog, Field, Filter, Icon, IconView, Kind, LongTable, Size, matches,
    use_toasts,
};

#[derive(Debug, Clone, PartialEq)]
struct Named {
    name: String,
    kind: String,
    count: u64,
}

/// Those that the node has, and those that are about to be made.
#[component]
pub(super) fn Sets(board: Board, editing: Editing) -> impl IntoView {
    let (open, making) = (RwSignal::new(None::<String>), RwSignal::new(false));
    let (draft, text_open) = (SetDraft::new(board), RwSignal::new(false));
    let named = Memo::new(move |_| {
        board.view.with(|view| view.as_ref().map(|view| named(&view.sets))).unwrap_or_default()
    });
    let drafted = Memo::new(move |_| draft.text.with(|text| created(text)));
    let can_make = Memo::new(move |_| {
        let readable = |view: &FirewallView| view.sets.unreadable.is_none();
        editing.may && board.view.with(|view| view.as_ref().is_some_and(readable))
    });
    let made = Callback::new(move |name: Option<String>| {
        making.set(false);
        if name.is_some() {
            open.set(name);
        }
    });
    view! {
        {move || {
            let (sets, new) = (named.get(), drafted.get());
            let any = !sets.is_empty() || !new.is_empty() || can_make.get();
            any.then(|| view! {
                <div class="fw-chains fw-sets" role="group" aria-label=t(texts::SETS)>
                    <span class="t12 i3">{t(texts::SETS)}</span>
                    {sets.into_iter().map(|set| view! { <SetButton set open /> }).collect_view()}
                    {new.into_iter().map(|set| view! { <SetButton set open is_new=true /> }).collect_view()}
                    {can_make.get().then(|| view! {
                        <span class="wide-only">
                            <Button kind=Kind::Quiet size=Size::Small on_click=move |_| making.set(true)>
                                {t(texts::NEW_SET)}
                            </Button>
                        </span>
                    })}
                </div>
            })
        }}
        <SetDraftBar draft editing text_open />
        {move || open.get().map(|name| view! { <Opened board editing draft name open /> })}
        {move || making.get().then(|| view! { <NewSet draft board on_made=made /> })}
        {move || text_open.get().then(|| view! { <SetText draft board text_open /> })}
    }
}

#[component]
fn SetButton(
    set: Named,
    open: RwSignal<Option<String>>,
    #[prop(optional)] is_new: bool,
) -> impl IntoView {
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
            {is_new.then(|| view! { <span class="acc">{t(texts::NEW)}</span> })}
            {name}
            <span class="i3">{kind}</span>
            <span class="i3 tn">{count}</span>
        </button>
    }
}

/// The sets that a draft makes, with how many entries it gives them.
fn created(text: &str) -> Vec<Named> {
    let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let lines: Vec<Vec<String>> = text.lines().map(words).collect();
    let created = lines.iter().filter(|line| line.first().is_some_and(|act| act == "create"));
    created
        .filter_map(|line| {
            let (name, kind) = (line.get(1)?.clone(), line.get(2)?.clone());
            let adds = lines.iter().filter(|line| {
                line.first().is_some_and(|act| act == "add") && line.get(1) == Some(&name)
            });
            Some(Named { count: adds.count() as u64, kind, name })
        })
        .collect()
}

fn named(view: &SetsView) -> Vec<Named> {
    let named = |(name, set): (&String, &SetView)| Named {
        name: name.clone(),
        kind: set.kind.clone(),
        count: set.count,
    };
    view.sets.iter().map(named).collect()
}

/// What is in a set, how it was made, which rules ask for it, and what the draft makes of it.
#[component]
fn Opened(
    board: Board,
    editing: Editing,
    draft: SetDraft,
    name: String,
    open: RwSignal<Option<String>>,
) -> impl IntoView {
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
    let named = name.clone();
    let asking = Memo::new(move |_| asking(&board.shown(), &named));
    let about = move || set.with(|set| format!("{} {}", set.kind, set.header));
    let note = move || {
        if let Some(why) = unreadable.get() {
            return Some(t_with(texts::SETS_UNREADABLE, &[&why]));
        }
        let (count, entries) = set.with(|set| (set.count, set.entries.as_ref().map(Vec::len)));
        match entries {
            None if count == 0 => None,
            None => Some(t_with(texts::SET_TOO_LARGE, &[&count])),
            Some(0) => Some(t(texts::SET_EMPTY).to_owned()),
            Some(_) => shown.with(Vec::is_empty).then(|| t(texts::NO_ENTRY).to_owned()),
        }
    };
    let toasts = use_toasts();
    let row = {
        let name = name.clone();
        move |(index, entry): (usize, String)| {
            let line = deletion(&name, &entry);
            let taken_out = line.clone();
            let goes = Memo::new(move |_| draft.text.with(|t| t.lines().any(|l| l == taken_out)));
            let label = t_with(texts::TAKE_OUT, &[&entry]);
            let press = move |_| {
                if goes.get_untracked() {
                    draft.take_out(&line);
                } else if let Err(why) = draft.add(&line) {
                    toasts.show(why);
                }
            };
            view! {
                <tr aria-rowindex=index class="fw-rule" class:removed=goes>
                    <td class="r i3 tn">{index - 1}</td>
                    <td class="mono">{entry}</td>
                    <td class="r">
                        {editing.may.then(|| view! {
                            <button type="button" class="tbtn" title=label.clone() aria-label=label.clone() aria-pressed=move || goes.get().to_string() on:click=press>
                                <IconView icon=Icon::Trash2 small=true />
                            </button>
                        })}
                    </td>
                </tr>
            }
            .into_any()
        }
    };
    let columns = vec![
        Column::new("#").right().width("64px"),
        Column::new(t(texts::ENTRY)),
        Column::new("").right().width("48px"),
    ];
    let head = move || view! { <Filter value=typed /> };
    let close = Callback::new(move |()| open.set(None));
    view! {
        <Dialog title=Signal::stored(title.clone()) class="wide" head on_close=close>
            <div class="body fw-set" tabindex="0">
                <p class="t12 i2 mono">{about}</p>
                <Asking board asking open />
                {editing.may.then(|| view! { <Entering draft name=name.clone() /> })}
                <LongTable label=title columns rows=shown row=row />
                {move || note().map(|note| view! { <p class="fw-none i3">{note}</p> })}
            </div>
            {editing.may.then(|| view! { <OfSet draft set name close /> })}
        </Dialog>
    }
}

/// What takes an entry out: its words without its options.
fn deletion(set: &str, entry: &str) -> String {
    let element = entry.split(' ').next().unwrap_or_default();
    format!("del {set} {element}")
}

/// Puts entries into the draft, a line or several, and shows what the draft has of the set.
#[component]
fn Entering(draft: SetDraft, name: String) -> impl IntoView {
    let (value, error) = (RwSignal::new(String::new()), RwSignal::new(None::<String>));
    let of_set = name.clone();
    let lines = Memo::new(move |_| draft.of(&of_set));
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let entry = value.get_untracked().trim().to_owned();
        match draft.add(&format!("add {name} {entry}")) {
            Ok(()) => {
                value.set(String::new());
                error.set(None);
            }
            Err(why) => error.set(Some(why)),
        }
    };
    let line = move |line: String| {
        let (text, label) = (line.clone(), t_with(texts::NOT_THIS_EDIT, &[&line]));
        view! {
            <li class="row g6">
                <code class="mono">{text}</code>
                <button type="button" class="tbtn" aria-label=label.clone() title=label on:click=move |_| draft.take_out(&line)>
                    <IconView icon=Icon::X small=true />
                </button>
            </li>
        }
    };
    view! {
        <form class="fw-entering wide-only" on:submit=submit>
            <Field label=t(texts::NEW_ENTRY) name="set-entry" value mono=true error=error help=t(texts::NEW_ENTRY_HELP) />
            <Button submit=true icon=Icon::Plus on_click=|_| ()>{t(texts::ADD_ENTRY)}</Button>
        </form>
        {move || {
            let lines = lines.get();
            (!lines.is_empty()).then(|| view! {
                <ul class="fw-set-lines" aria-label=t(texts::SET_DRAFT)>{lines.into_iter().map(line).collect_view()}</ul>
            })
        }}
    }
}

#[component]
fn OfSet(draft: SetDraft, set: Memo<SetView>, name: String, close: Callback<()>) -> impl IntoView {
    let error = RwSignal::new(None::<String>);
    let put = move |line: String| match draft.add(&line) {
        Ok(()) => error.set(None),
        Err(why) => error.set(Some(why)),
    };
    let is_there = Memo::new(move |_| set.with(|set| !set.kind.is_empty()));
    let has_entries = Memo::new(move |_| set.with(|set| set.count > 0));
    let closed = Signal::derive(move || {
        let nothing =
            draft.text.with(String::is_empty).then(|| t(texts::NOTHING_CHANGED).to_owned());
        nothing.or_else(|| draft.wrong.get())
    });
    let show = move |_| {
        close.run(());
        draft.show_plan();
    };
    view! {
        <footer class="wide-only">
            {move || error.get().map(|why| view! { <span class="danger t12" role="alert">{why}</span> })}
            {
                let name = name.clone();
                move || has_entries.get().then(|| {
                    let line = format!("flush {name}");
                    view! { <Button kind=Kind::Quiet on_click=move |_| put(line.clone())>{t(texts::EMPTY_SET)}</Button> }
                })
            }
            {move || is_there.get().then(|| {
                let line = format!("destroy {name}");
                view! { <Button kind=Kind::Quiet on_click=move |_| put(line.clone())>{t(texts::DESTROY_SET)}</Button> }
            })}
            <span class="sp"></span>
            <Button on_click=move |_| close.run(())>{t(words::CLOSE)}</Button>
            <Button kind=Kind::Primary disabled=closed on_click=show>{t(texts::SHOW_SETS_PLAN)}</Button>
        </footer>
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
