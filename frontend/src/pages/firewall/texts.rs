//! The draft as a whole: its text, and what it changes.

use leptos::html;
use leptos::prelude::*;
use signalbox_domain::firewall::{ParseError, canonical, parse};

use super::board::Board;
use super::difference::differences;
use super::edits::Editing;
use super::file::{FromFile, ToFile};
use crate::locale::{t, t_with};
use crate::locales::firewall as texts;
use crate::locales::words;
use crate::ui::{Button, CopyButton, Dialog, Kind, Lamp};
use signalbox_domain::signal::Signal as Aspect;

/// All rules as `iptables-restore` reads them: what is pasted here is imported, what is copied is
/// exported.
#[component]
pub(super) fn AllText(board: Board, editing: Editing) -> impl IntoView {
    let family = board.family();
    let tool = board.tool.get_untracked().map(|tool| tool.to_string()).unwrap_or_default();
    let node = board.view.with_untracked(|view| view.as_ref().map(|view| view.name.clone()));
    let file = format!("{}-{tool}.rules", node.unwrap_or_default());
    let text = RwSignal::new(untrack(|| canonical(&board.shown())));
    let area = NodeRef::<html::Textarea>::new();
    let read = Memo::new(move |_| text.with(|text| parse(text, family)));
    let wrong = move || read.with(|read| read.as_ref().err().cloned());
    let closed = Signal::derive(move || wrong().map(|error| told(&error)));
    let put = move |_| {
        if let Ok(rules) = read.get_untracked() {
            board.put(&rules);
            board.selected.set(None);
            editing.close();
        }
    };
    let go = move |_| {
        if let (Some(area), Some(error)) = (area.get_untracked(), untrack(wrong)) {
            let at = offset(&text.get_untracked(), &error);
            let _ = area.focus();
            let _ = area.set_selection_range(at, at);
        }
    };
    let error = move || {
        wrong().map(|error| {
            view! {
                <p class="row g6 danger t12" role="alert">
                    <Lamp aspect=Aspect::Danger size=10 />
                    {told(&error)}
                    <Button kind=Kind::Quiet size=crate::ui::Size::Small on_click=go>{t(texts::GO_TO_ERROR)}</Button>
                </p>
            }
        })
    };
    view! {
        <Dialog title=Signal::stored(t_with(texts::ALL_RULES, &[&tool])) class="wide" on_close=move |()| editing.close()>
            <div class="body fw-text">
                <label class="t12 i2" for="all-rules">{t(texts::AS_SAVED)}</label>
                <textarea
                    id="all-rules"
                    class="inp"
                    spellcheck="false"
                    node_ref=area
                    prop:value=move || text.get()
                    aria-invalid=move || wrong().map(|_| "true")
                    on:input=move |event| text.set(event_target_value(&event))
                ></textarea>
                {error}
            </div>
            <footer>
                <CopyButton text />
                <ToFile name=file text />
                <FromFile text />
                <span class="sp"></span>
                <Button on_click=move |_| editing.close()>{t(words::CANCEL)}</Button>
                <Button kind=Kind::Primary disabled=closed on_click=put>{t(texts::PUT_IN)}</Button>
            </footer>
        </Dialog>
    }
}

fn told(error: &ParseError) -> String {
    t_with(texts::LINE_COLUMN, &[&error.line, &error.column, &error.expected, &error.found])
}

/// Where the error is, as a text area counts: in units of UTF-16.
fn offset(text: &str, error: &ParseError) -> u32 {
    let lines = text.lines().take(error.line.saturating_sub(1));
    let before: usize = lines.map(|line| line.encode_utf16().count() + 1).sum();
    u32::try_from(before + error.column.saturating_sub(1)).unwrap_or(u32::MAX)
}

#[component]
pub(super) fn Difference(board: Board, editing: Editing) -> impl IntoView {
    let name = board.view.with_untracked(|view| view.as_ref().map(|view| view.name.clone()));
    let title = t_with(texts::DIFF_OF, &[&name.unwrap_or_default()]);
    let body = move || {
        let (live, draft) = (board.live.get(), board.shown());
        let diff = board.diff.get();
        if diff.is_empty() {
            return view! { <p class="i3">{t(texts::NOTHING_CHANGED)}</p> }.into_any();
        }
        differences(&diff, &live, &draft).into_any()
    };
    view! {
        <Dialog title=Signal::stored(title) class="wide" on_close=move |()| editing.close()>
            <div class="body fw-diff" tabindex="0">{body}</div>
        </Dialog>
    }
}
