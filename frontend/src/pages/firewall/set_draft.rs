//! The draft of a node's sets: edits, kept in the browser until they are applied or discarded.

use leptos::prelude::*;
use signalbox_domain::firewall::plan::WITHIN_S;
use signalbox_domain::firewall::set::{Kind as SetKind, are_made, edits};
use signalbox_domain::operation::Operation;
use signalbox_domain::signal::Signal as Aspect;

use super::board::Board;
use super::edits::Editing;
use super::kept;
use crate::locale::{t, t_with};
use crate::locales::firewall as texts;
use crate::locales::words;
use crate::plan::{Desk, OperationButton};
use crate::ui::{Button, Dialog, Field, Kind, Lamp, Select};

#[derive(Clone, Copy)]
pub(super) struct SetDraft {
    board: Board,
    /// A line each, as `ipset restore` reads them.
    pub(super) text: RwSignal<String>,
    /// Why it cannot be applied.
    pub(super) wrong: Memo<Option<String>>,
}

impl SetDraft {
    pub(super) fn new(board: Board) -> SetDraft {
        let text = RwSignal::new(String::new());
        let wrong = Memo::new(move |_| text.with(|text| wrong(board, text)));
        let draft = SetDraft { board, text, wrong };
        Effect::new(move |_| text.set(kept::read_edits(board.node).unwrap_or_default()));
        let is_made = Memo::new(move |_| {
            let made =
                |text: &str| board.view.with(|view| Some(are_made(text, &view.as_ref()?.sets)));
            text.with(|text| !text.is_empty() && made(text) == Some(true))
        });
        Effect::new(move |_| {
            if is_made.get() && board.is_settled.get() {
                draft.put("");
            }
        });
        draft
    }

    pub(super) fn put(self, text: &str) {
        kept::write_edits(self.board.node, text);
        self.text.set(text.to_owned());
    }

    /// Adds lines that make sense after those that are there.
    pub(super) fn add(self, lines: &str) -> Result<(), String> {
        let mut text = self.text.get_untracked();
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str(lines);
        text.push('\n');
        match untrack(|| wrong(self.board, &text)) {
            None => {
                self.put(&text);
                Ok(())
            }
            Some(why) => Err(why),
        }
    }

    pub(super) fn take_out(self, line: &str) {
        let text = self.text.get_untracked();
        let mut lines: Vec<&str> = text.lines().collect();
        if let Some(at) = lines.iter().rposition(|other| *other == line) {
            lines.remove(at);
        }
        let text: String = lines.iter().flat_map(|line| [*line, "\n"]).collect();
        self.put(&text);
    }

    /// The lines about one set.
    pub(super) fn of(self, set: &str) -> Vec<String> {
        self.text.with(|text| {
            let about = text.lines().filter(|line| line.split(' ').nth(1) == Some(set));
            about.map(str::to_owned).collect()
        })
    }

    fn operation(self) -> Operation {
        let (node, edits) = (self.board.node, self.text.get());
        Operation::FirewallChangeSets { node, edits, within_s: WITHIN_S }
    }

    pub(super) fn show_plan(self) {
        Desk::get().show(untrack(|| self.operation()));
    }
}

fn wrong(board: Board, text: &str) -> Option<String> {
    if text.is_empty() {
        return None;
    }
    board.view.with(|view| edits(text, &view.as_ref()?.sets).err().map(|error| error.to_string()))
}

/// What waits to be applied, above the rules.
#[component]
pub(super) fn SetDraftBar(
    draft: SetDraft,
    editing: Editing,
    text_open: RwSignal<bool>,
) -> impl IntoView {
    let count = Memo::new(move |_| draft.text.with(|text| text.lines().count()));
    let operation = Signal::derive(move || draft.operation());
    let closed = Signal::derive(move || draft.wrong.get());
    let some = Memo::new(move |_| count.get() > 0 && editing.may);
    move || {
        some.get().then(|| view! {
            <div class="fw-set-draft wide-only" role="group" aria-label=t(texts::SET_DRAFT)>
                <Lamp aspect=Aspect::Transit size=10 />
                <span>{move || t_with(texts::SET_EDITS, &[&count.get()])}</span>
                {move || draft.wrong.get().map(|why| view! { <span class="danger t12" role="alert">{why}</span> })}
                <span class="sp"></span>
                <Button kind=Kind::Quiet on_click=move |_| draft.put("")>{t(texts::DISCARD_SETS)}</Button>
                <Button on_click=move |_| text_open.set(true)>{t(texts::EDIT_TEXT)}</Button>
                <OperationButton operation label=t(texts::APPLY_SETS).to_owned() kind=Kind::Primary disabled=closed />
            </div>
        })
    }
}

/// All edits as text.
#[component]
pub(super) fn SetText(draft: SetDraft, board: Board, text_open: RwSignal<bool>) -> impl IntoView {
    let text = RwSignal::new(draft.text.get_untracked());
    let why = Memo::new(move |_| text.with(|text| wrong(board, text)));
    let closed = Signal::derive(move || why.get());
    let put = move |_| {
        draft.put(&text.get_untracked());
        text_open.set(false);
    };
    view! {
        <Dialog title=Signal::stored(t(texts::SET_DRAFT).to_owned()) class="wide" on_close=move |()| text_open.set(false)>
            <div class="body fw-text">
                <label class="t12 i2" for="set-edits">{t(texts::SET_EDITS_HELP)}</label>
                <textarea
                    id="set-edits"
                    class="inp"
                    spellcheck="false"
                    prop:value=move || text.get()
                    aria-invalid=move || why.get().map(|_| "true")
                    on:input=move |event| text.set(event_target_value(&event))
                ></textarea>
                {move || why.get().map(|why| view! {
                    <p class="row g6 danger t12" role="alert"><Lamp aspect=Aspect::Danger size=10 />{why}</p>
                })}
            </div>
            <footer>
                <Button on_click=move |_| text_open.set(false)>{t(words::CANCEL)}</Button>
                <Button kind=Kind::Primary disabled=closed on_click=put>{t(texts::PUT_IN)}</Button>
            </footer>
        </Dialog>
    }
}

/// Kinds that people make by hand, in the order in which they are needed.
const KINDS: [SetKind; 6] = [
    SetKind::HashNet,
    SetKind::HashIp,
    SetKind::HashIpPort,
    SetKind::HashNetPort,
    SetKind::BitmapPort,
    SetKind::ListSet,
];

#[component]
pub(super) fn NewSet(
    draft: SetDraft,
    board: Board,
    on_made: Callback<Option<String>>,
) -> impl IntoView {
    let (name, error) = (RwSignal::new(String::new()), RwSignal::new(None::<String>));
    let kind = RwSignal::new(KINDS.first().map_or("", SetKind::as_str).to_owned());
    let options = RwSignal::new(String::new());
    let kinds = Signal::stored(KINDS.map(|kind| (kind.to_string(), kind.to_string())).to_vec());
    let family = board.family();
    Effect::new(move |_| {
        options.set(kind.with(|kind| usual_options(&SetKind::of(kind), family)).to_owned());
    });
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let made = name.get_untracked().trim().to_owned();
        let line = format!("create {made} {} {}", kind.get_untracked(), options.get_untracked());
        match draft.add(line.trim()) {
            Ok(()) => on_made.run(Some(made)),
            Err(why) => error.set(Some(why)),
        }
    };
    view! {
        <Dialog title=Signal::stored(t(texts::NEW_SET).to_owned()) on_close=move |()| on_made.run(None)>
            <form on:submit=submit>
                <div class="body fw-form">
                    <Field label=t(texts::SET_NAME) name="set-name" value=name mono=true error=error />
                    <Select label=t(texts::SET_KIND) name="set-kind" options=kinds chosen=kind />
                    <Field label=t(texts::SET_OPTIONS) name="set-options" value=options mono=true />
                </div>
                <footer>
                    <Button on_click=move |_| on_made.run(None)>{t(words::CANCEL)}</Button>
                    <Button kind=Kind::Primary submit=true on_click=|_| ()>{t(texts::PUT_IN)}</Button>
                </footer>
            </form>
        </Dialog>
    }
}

fn usual_options(kind: &SetKind, family: signalbox_domain::firewall::Family) -> &'static str {
    match kind {
        SetKind::BitmapPort => "range 0-65535",
        SetKind::ListSet => "",
        _ if family == signalbox_domain::firewall::Family::V6 => "family inet6 comment",
        _ => "family inet comment",
    }
}
