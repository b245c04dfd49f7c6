//! The chosen file as a form: its blocks, and in them a line for each keyword. An edit changes the
//! words that it is about; everything else in the file stays as it is written.

use std::collections::BTreeSet;

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use signalbox_domain::signal::Signal as Aspect;
use signalbox_domain::vrrp::conf::{Document, EditError, NewStatement, Statement};

use super::draft::{Chosen, Draft};
use crate::locale::{t, t_with};
use crate::locales::vrrp_conf as texts;
use crate::ui::{Filter, Icon, IconView, Lamp, matches};

/// Blocks of the file that are listed; the filter finds the others.
const SHOWN: usize = 200;

/// Where a statement is: its place among its siblings, from the outside in.
type Path = Vec<usize>;

#[derive(Clone, Copy)]
struct Board {
    draft: Draft,
    chosen: StoredValue<Chosen>,
    /// The statements of the chosen file, as they stand in it.
    statements: Memo<Vec<Statement>>,
    open: RwSignal<BTreeSet<Path>>,
}

#[component]
pub(super) fn Form(draft: Draft, chosen: Chosen) -> impl IntoView {
    let of = chosen.clone();
    let statements = Memo::new(move |_| {
        draft.readings.with(|readings| {
            let read = readings.iter().find(|read| read.node == of.0)?;
            let file = read.configuration.files.iter().position(|path| *path == of.1)?;
            let is_here = |statement: &&Statement| {
                usize::try_from(statement.place.file).is_ok_and(|number| number == file)
            };
            Some(read.configuration.statements.iter().filter(is_here).cloned().collect())
        })
    });
    let statements = Memo::new(move |_| statements.get().unwrap_or_default());
    let board = Board {
        draft,
        chosen: StoredValue::new(chosen),
        statements,
        open: RwSignal::new(BTreeSet::new()),
    };
    // A link to an instance's place names it.
    let named = use_query_map().with_untracked(|query| query.get("instance"));
    let filter = RwSignal::new(named.unwrap_or_default());
    let shown = Memo::new(move |_| {
        let typed = filter.get();
        statements.with(|statements| {
            let all = statements.iter().enumerate();
            let found = all.filter(|(_, statement)| matches(&typed, &statement.words.join(" ")));
            found.map(|(at, _)| vec![at]).collect::<Vec<Path>>()
        })
    });
    let more = move || {
        let count = shown.with(Vec::len);
        (count > SHOWN).then(
            || view! { <p class="t12 i3 vc-none">{t_with(texts::MORE, &[&(count - SHOWN)])}</p> },
        )
    };
    let first = move || shown.get().into_iter().take(SHOWN).collect::<Vec<_>>();
    view! {
        <div class="vc-form">
            <div class="vc-filter"><Filter value=filter /></div>
            <For each=first key=Clone::clone children=move |path| line(board, path) />
            {more}
        </div>
    }
}

impl Board {
    fn at(self, path: &[usize]) -> Option<Statement> {
        self.statements.with(|statements| found(statements, path).cloned())
    }

    fn edit(
        self,
        make: impl FnOnce(&mut Document) -> Result<(), EditError>,
    ) -> Result<(), EditError> {
        let chosen = self.chosen.get_value();
        let mut document = Document::parse(&self.draft.text(&chosen));
        make(&mut document)?;
        self.draft.write(&chosen, document.render().to_owned());
        Ok(())
    }
}

/// Why what was typed is not in the file. It stays where it was typed.
#[component]
fn Refused(why: RwSignal<Option<EditError>>) -> impl IntoView {
    move || {
        let text = match why.get()? {
            EditError::Unwritable => texts::UNWRITABLE,
            EditError::Definition => texts::IS_DEFINITION,
            EditError::NoStatement { .. }
            | EditError::NoBlock { .. }
            | EditError::NoArgument { .. } => texts::OTHER_TEXT,
        };
        Some(
            view! { <p class="vc-refused t12" role="alert"><Lamp aspect=Aspect::Danger size=8 />{t(text)}</p> },
        )
    }
}

fn found<'a>(statements: &'a [Statement], path: &[usize]) -> Option<&'a Statement> {
    let (first, rest) = path.split_first()?;
    let statement = statements.get(*first)?;
    match rest {
        [] => Some(statement),
        rest => found(statement.statements(), rest),
    }
}

/// A block with what is in it, or one keyword with its arguments.
fn line(board: Board, path: Path) -> AnyView {
    let statement = {
        let path = path.clone();
        Memo::new(move |_| board.at(&path))
    };
    let is_block =
        Memo::new(move |_| statement.with(|s| s.as_ref().is_some_and(|s| s.block.is_some())));
    (move || match is_block.get() {
        true => block(board, path.clone(), statement).into_any(),
        false => keyword(board, statement).into_any(),
    })
    .into_any()
}

fn block(board: Board, path: Path, statement: Memo<Option<Statement>>) -> impl IntoView {
    let refused = RwSignal::new(None);
    let own = path.clone();
    let is_open = Memo::new(move |_| board.open.with(|open| open.contains(&own)));
    let own = path.clone();
    let toggle = move |_| {
        board.open.update(|open| {
            if !open.remove(&own) {
                open.insert(own.clone());
            }
        });
    };
    let inside = Memo::new(move |_| {
        let count = statement.with(|s| s.as_ref().map_or(0, |s| s.statements().len()));
        (0..count).map(|at| [path.as_slice(), &[at]].concat()).collect::<Vec<Path>>()
    });
    let words = move || statement.with(|s| s.as_ref().map(|s| s.words.join(" ")));
    let body = move || {
        is_open.get().then(|| view! {
            <div class="vc-inside">
                <For each=move || inside.get() key=Clone::clone children=move |path| line(board, path) />
                <Add board statement />
            </div>
        })
    };
    view! {
        <div class="vc-block">
            <div class="vc-line">
                <button
                    type="button"
                    class="vc-open mono"
                    aria-expanded=move || if is_open.get() { "true" } else { "false" }
                    on:click=toggle
                >
                    <span class="vc-mark" aria-hidden="true">{move || if is_open.get() { "▾" } else { "▸" }}</span>
                    {words}
                </button>
                <Remove board statement refused />
                <Refused why=refused />
            </div>
            {body}
        </div>
    }
}

fn keyword(board: Board, statement: Memo<Option<Statement>>) -> impl IntoView {
    let name = move || statement.with(|s| s.as_ref().map(|s| s.keyword().to_owned()));
    let arguments = Memo::new(move |_| {
        let count = statement.with(|s| s.as_ref().map_or(0, |s| s.arguments().len()));
        (1..=count).collect::<Vec<usize>>()
    });
    let refused = RwSignal::new(None);
    let argument = move |at: usize| {
        let value = move || statement.with(|s| s.as_ref().map(|s| s.word(at).to_owned()));
        let label = move || name().map(|name| format!("{name} {at}"));
        let is_fixed = move || statement.with(|s| s.as_ref().is_none_or(|s| !s.verbatim));
        let change = move |event| {
            let value = event_target_value(&event);
            if let Some(place) = statement.with_untracked(|s| s.as_ref().map(|s| s.place)) {
                let set = |document: &mut Document| {
                    document.set_argument(place.line, place.column, at, &value)
                };
                refused.set(board.edit(set).err());
            }
        };
        view! {
            <input
                type="text"
                class="inp sm mono"
                autocomplete="off"
                spellcheck="false"
                aria-label=label
                readonly=is_fixed
                prop:value=value
                on:change=change
            />
        }
    };
    view! {
        <div class="vc-line">
            <span class="vc-name mono">{name}</span>
            <For each=move || arguments.get() key=Clone::clone children=argument />
            <Remove board statement refused />
            <Refused why=refused />
        </div>
    }
}

#[component]
fn Remove(
    board: Board,
    statement: Memo<Option<Statement>>,
    refused: RwSignal<Option<EditError>>,
) -> impl IntoView {
    let label = move || {
        statement.with(|s| s.as_ref().map(|s| t_with(texts::REMOVE, &[&s.words.join(" ")])))
    };
    let remove = move |_| {
        if let Some(place) = statement.with_untracked(|s| s.as_ref().map(|s| s.place)) {
            let removed = board.edit(|document| document.remove(place.line, place.column));
            refused.set(removed.err());
        }
    };
    view! {
        <button type="button" class="tbtn" aria-label=label on:click=remove>
            <IconView icon=Icon::X small=true />
        </button>
    }
}

/// One more keyword at the end of a block; `name {` makes a block.
#[component]
fn Add(board: Board, statement: Memo<Option<Statement>>) -> impl IntoView {
    let (typed, refused) = (RwSignal::new(String::new()), RwSignal::new(None));
    let add = move |_| {
        let line = typed.get_untracked();
        let is_block = line.trim_end().ends_with('{');
        let words: Vec<String> =
            line.trim_end().trim_end_matches('{').split_whitespace().map(str::to_owned).collect();
        let Some(place) = statement.with_untracked(|s| s.as_ref().map(|s| s.place)) else { return };
        if words.is_empty() {
            return;
        }
        let new = NewStatement { words, block: is_block.then(Vec::new) };
        let added = board.edit(|document| document.add_to_block(place.line, place.column, &new));
        if added.is_ok() {
            typed.set(String::new());
        }
        refused.set(added.err());
    };
    let label = move || {
        statement.with(|s| s.as_ref().map(|s| t_with(texts::ADD_TO, &[&s.words.join(" ")])))
    };
    view! {
        <div class="vc-line">
            <input
                type="text"
                class="inp sm mono vc-add"
                autocomplete="off"
                spellcheck="false"
                placeholder=t(texts::ADD)
                aria-label=label
                prop:value=move || typed.get()
                on:input=move |event| typed.set(event_target_value(&event))
                on:change=add
            />
            <Refused why=refused />
        </div>
    }
}
