//! Changing the draft rule by rule: buttons, keys, and what they do.

use leptos::ev::{DragEvent, KeyboardEvent};
use leptos::prelude::*;
use signalbox_domain::access::Permission;
use signalbox_domain::firewall::draft::{Change, Edit, EditError, with_table};
use signalbox_domain::firewall::{Policy, is_anothers};
use wasm_bindgen::JsCast;

use super::board::Board;
use crate::boot::may;
use crate::locale::{t, t_with};
use crate::locales::firewall as texts;
use crate::ui::{Button, Icon, Kind, Size, use_toasts};

/// The dialog that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Open {
    /// A rule at this place: the one that stands there, or a new one before it.
    Rule {
        at: usize,
        text: Option<String>,
    },
    Template,
    Chain,
    /// The chosen chain gets another name.
    Rename,
    Text,
    Diff,
    /// The draft, for other nodes, too.
    Group,
    History,
}

#[derive(Clone, Copy)]
pub(super) struct Editing {
    pub(super) may: bool,
    pub(super) open: RwSignal<Option<Open>>,
    /// The rule that is being dragged, by its place.
    dragged: RwSignal<Option<usize>>,
}

impl Editing {
    pub(super) fn new() -> Editing {
        Editing {
            may: may(Permission::FirewallApply),
            open: RwSignal::new(None),
            dragged: RwSignal::new(None),
        }
    }

    pub(super) fn drag(self, place: Option<usize>) {
        self.dragged.set(place.filter(|_| self.may));
    }

    /// Whether a rule that is dragged may be dropped on another's row.
    pub(super) fn takes(self, place: Option<usize>, event: &DragEvent) {
        if place.is_some() && self.dragged.get_untracked().is_some() {
            event.prevent_default();
        }
    }

    /// The dragged rule takes that place.
    pub(super) fn drop_on(self, board: Board, place: Option<usize>, event: &DragEvent) {
        event.prevent_default();
        if let (Some(from), Some(to)) = (self.dragged.get_untracked(), place)
            && from != to
        {
            tell(change(board, Change::Move { from, to }));
            board.selected.set(Some(to));
        }
        self.dragged.set(None);
    }

    pub(super) fn close(self) {
        self.open.set(None);
    }

    /// What a key does on the row of a rule.
    pub(super) fn key(self, board: Board, at: usize, event: &KeyboardEvent) {
        if !self.may {
            return;
        }
        match (event.key().as_str(), event.alt_key()) {
            ("ArrowUp", true) => self.step(board, at, at.saturating_sub(1)),
            ("ArrowDown", true) => self.step(board, at, at + 1),
            ("Delete", false) => self.remove(board, at),
            ("Enter", false) => self.edit(board, at),
            ("Escape", false) => board.selected.set(None),
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    }

    fn edit(self, board: Board, at: usize) {
        let (table, chain) = board.place.get_untracked();
        let rules = untrack(|| board.shown());
        let chain = rules.table(table).and_then(|table| table.chain(&chain));
        let rule = chain.and_then(|chain| chain.rules.get(at.checked_sub(1)?));
        let text = rule.map(|rule| rule.text.clone());
        self.open.set(Some(Open::Rule { at, text }));
    }

    fn step(self, board: Board, from: usize, to: usize) {
        if to > 0 && change(board, Change::Move { from, to }).is_ok() {
            board.selected.set(Some(to));
            focus_row(to);
        }
    }

    fn remove(self, board: Board, at: usize) {
        tell(change(board, Change::Remove { at }));
        focus_row(at);
    }
}

/// Edits the chosen chain.
pub(super) fn change(board: Board, change: Change) -> Result<(), EditError> {
    let (table, chain) = board.place.get_untracked();
    board.edit(&Edit { table, chain, change })
}

fn tell(result: Result<(), EditError>) {
    if let Err(error) = result {
        use_toasts().show(error.to_string());
    }
}

/// Rows are drawn anew after an edit; the keyboard goes on from where it was.
fn focus_row(place: usize) {
    request_animation_frame(move || {
        let row = document().query_selector(&format!("tr[data-place='{place}']")).ok().flatten();
        if let Some(row) = row.and_then(|row| row.dyn_into::<web_sys::HtmlElement>().ok()) {
            let _ = row.focus();
        }
    });
}

/// The buttons above the table. Phones read rules and do not edit them.
#[component]
pub(super) fn Tools(board: Board, editing: Editing) -> impl IntoView {
    let closed = closed(board, editing);
    let chain = chosen(board);
    let no_role = Signal::stored((!editing.may).then(|| t(texts::NO_EDIT_ROLE).to_owned()));
    let count = move || chain.get().map_or(0, |(count, _)| count);
    let add = move |_| {
        let at = board.selected.get_untracked().unwrap_or_else(|| untrack(count) + 1);
        editing.open.set(Some(Open::Rule { at, text: None }));
    };
    let add_label = move || match board.selected.get() {
        Some(at) => t_with(texts::ADD_BEFORE, &[&at]),
        None => t(texts::ADD_RULE).to_owned(),
    };
    view! {
        <span class="row g4 wide-only fw-tools">
            <OfRule board editing closed />
            <Button kind=Kind::Quiet size=Size::Small disabled=no_role on_click=move |_| editing.open.set(Some(Open::Template))>
                {t(texts::TEMPLATES)}
            </Button>
            <Button size=Size::Small icon=Icon::Plus disabled=closed on_click=add>
                {add_label}
            </Button>
        </span>
    }
}

/// Why the chosen chain cannot be edited.
fn closed(board: Board, editing: Editing) -> Signal<Option<String>> {
    Signal::derive(move || {
        if !editing.may {
            return Some(t(texts::NO_EDIT_ROLE).to_owned());
        }
        board.place.with(|(_, chain)| is_anothers(chain)).then(|| t(texts::ANOTHERS).to_owned())
    })
}

/// How many rules the chosen chain has, and its policy if it has one.
fn chosen(board: Board) -> Memo<Option<(usize, Option<Policy>)>> {
    Memo::new(move |_| {
        let (table, name) = board.place.get();
        let rules = with_table(&board.shown(), table);
        let chain = rules.table(table).and_then(|table| table.chain(&name));
        chain.map(|chain| (chain.rules.len(), chain.policy))
    })
}

/// The buttons beside the chains.
#[component]
pub(super) fn ChainTools(board: Board, editing: Editing) -> impl IntoView {
    let no_role = Signal::stored((!editing.may).then(|| t(texts::NO_EDIT_ROLE).to_owned()));
    view! {
        <span class="row g4 wide-only fw-tools">
            <OfChain board editing />
            <Button kind=Kind::Quiet size=Size::Small disabled=no_role on_click=move |_| editing.open.set(Some(Open::Chain))>
                {t(texts::NEW_CHAIN)}
            </Button>
        </span>
    }
}

/// What can be done with the chosen chain.
#[component]
fn OfChain(board: Board, editing: Editing) -> impl IntoView {
    let (chain, closed) = (chosen(board), closed(board, editing));
    let button = move |text: String, act: Callback<()>| {
        view! {
            <Button kind=Kind::Quiet size=Size::Small disabled=closed on_click=move |_| act.run(())>
                {text}
            </Button>
        }
    };
    let remove = Callback::new(move |()| {
        let result = change(board, Change::RemoveChain);
        if result.is_ok() {
            let (table, _) = board.place.get_untracked();
            let first = table.built_in_chains().first().copied().unwrap_or_default();
            board.choose(table, first);
        }
        tell(result);
    });
    let flush = Callback::new(move |()| {
        board.selected.set(None);
        tell(change(board, Change::Flush));
    });
    let rename = Callback::new(move |()| editing.open.set(Some(Open::Rename)));
    move || {
        let (rules, policy) = chain.get()?;
        let policy_button = policy.map(|policy| {
            let other = if policy == Policy::Accept { Policy::Drop } else { Policy::Accept };
            let turn = Callback::new(move |()| tell(change(board, Change::Policy(other))));
            button(t_with(texts::SET_POLICY, &[&other.as_str()]), turn)
        });
        let own = policy.is_none();
        Some(view! {
            {policy_button}
            {(rules > 0).then(|| button(t(texts::FLUSH_CHAIN).to_owned(), flush))}
            {own.then(|| button(t(texts::RENAME_CHAIN).to_owned(), rename))}
            {(own && rules == 0).then(|| button(t(texts::DELETE_CHAIN).to_owned(), remove))}
        })
    }
}

/// What can be done with the chosen rule.
#[component]
fn OfRule(board: Board, editing: Editing, closed: Signal<Option<String>>) -> impl IntoView {
    let button = move |icon: Icon, text: crate::locale::Text, act: Callback<usize>| {
        let press = move |_| {
            if let (Some(at), None) = (board.selected.get_untracked(), closed.get_untracked()) {
                act.run(at);
            }
        };
        view! {
            <button
                type="button"
                class="tbtn"
                aria-label=t(text)
                title=t(text)
                aria-disabled=move || closed.get().map(|_| "true")
                on:click=press
            >
                <crate::ui::IconView icon small=true />
            </button>
        }
    };
    let chosen = Memo::new(move |_| board.selected.get().filter(|_| editing.may));
    move || {
        let at = chosen.get()?;
        Some(view! {
            <span class="t12 acc" title=t(texts::EDITS_HELP)>{t_with(texts::CHOSEN, &[&at])}</span>
            {button(Icon::Pencil, texts::EDIT, Callback::new(move |at| editing.edit(board, at)))}
            {button(Icon::ArrowUp, texts::MOVE_UP, Callback::new(move |at: usize| editing.step(board, at, at.saturating_sub(1))))}
            {button(Icon::ArrowDown, texts::MOVE_DOWN, Callback::new(move |at| editing.step(board, at, at + 1)))}
            {button(Icon::Trash2, texts::DELETE, Callback::new(move |at| editing.remove(board, at)))}
        })
    }
}
