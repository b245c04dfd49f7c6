//! Which rules the node had, who made them, and the way back to them: as a draft, applied as usual.

use std::sync::Arc;

use leptos::prelude::*;
use signalbox_domain::firewall::Ruleset;
use signalbox_domain::firewall::diff::{Diff, diff};
use signalbox_domain::firewall::history::{PastRules, PastRuleset};
use signalbox_domain::ids::RulesetId;

use super::board::Board;
use super::difference::differences;
use super::edits::Editing;
use crate::api::unanswered;
use crate::document::{Answer, use_document};
use crate::locale::{t, t_with};
use crate::locales::firewall as texts;
use crate::locales::words;
use crate::ui::{Badge, Button, ChosenRow, Column, Dialog, Empty, Kind, Moment, Table, Waiting};

/// Characters of a digest by which people tell rulesets apart.
const DIGEST_CHARS: usize = 8;

#[component]
pub(super) fn PastRulesets(board: Board, editing: Editing) -> impl IntoView {
    let past = use_document::<Vec<PastRuleset>>(path_of(board));
    // Rules that change while one looks at their history become a part of it.
    Effect::new(move |before: Option<()>| {
        board.digest.track();
        if before.is_some() {
            past.reload();
        }
    });
    let tool = board.tool.get_untracked();
    let of_tool = Signal::derive(move || {
        past.answer().get().map(|answer| {
            answer.map(|all| {
                let own = all.into_iter().filter(|past| Some(past.tool) == tool);
                own.collect::<Vec<_>>()
            })
        })
    });
    let chosen = RwSignal::new(None::<RulesetId>);
    let name = board.view.with_untracked(|view| view.as_ref().map(|view| view.name.clone()));
    let tool = tool.map(|tool| tool.to_string()).unwrap_or_default();
    let title = t_with(texts::HISTORY_OF, &[&tool, &name.unwrap_or_default()]);
    let list = Callback::new(move |all: Vec<PastRuleset>| list(board, chosen, all));
    view! {
        <Dialog title=Signal::stored(title) class="wide" on_close=move |()| editing.close()>
            <div class="fw-past">
                <Waiting answer=of_tool rows=3 what=t_with(words::READING, &[&path_of(board)]) children=list />
            </div>
            {move || match chosen.get() {
                Some(id) => view! { <Chosen board editing id /> }.into_any(),
                None => view! { <p class="body i3">{t(texts::CHOOSE_PAST)}</p> }.into_any(),
            }}
        </Dialog>
    }
}

fn path_of(board: Board) -> String {
    format!("/api/v1/firewall/{}/history", board.node)
}

fn list(board: Board, chosen: RwSignal<Option<RulesetId>>, all: Vec<PastRuleset>) -> AnyView {
    if all.is_empty() {
        return view! { <Empty title=t(texts::NO_PAST) text=t(texts::NO_PAST_HELP) /> }.into_any();
    }
    let columns = vec![
        Column::new(t(texts::FIRST_SEEN)).width("150px"),
        Column::new(t(texts::LAST_SEEN)).width("150px"),
        Column::new(t(texts::MADE_BY)),
        Column::new(t(texts::RULES)).right().width("100px"),
        Column::new(t(texts::DIGEST)).width("110px"),
    ];
    let row = |(at, past): (usize, PastRuleset)| {
        view! { <PastRow board chosen past is_newest=at == 0 /> }
    };
    let rows = all.into_iter().enumerate().map(row).collect_view();
    view! {
        <Table label=t(texts::HISTORY) columns>
            {rows}
        </Table>
    }
    .into_any()
}

#[component]
fn PastRow(
    board: Board,
    chosen: RwSignal<Option<RulesetId>>,
    past: PastRuleset,
    is_newest: bool,
) -> impl IntoView {
    let PastRuleset { id, digest, first_seen_at, last_seen_at, job, changes, .. } = past;
    let short: String = digest.chars().take(DIGEST_CHARS).collect();
    let is_now =
        Memo::new(move |_| is_newest && board.digest.with(|now| now.as_str() == digest.as_str()));
    let until = move || match is_now.get() {
        true => view! { <Badge>{t(texts::NOW)}</Badge> }.into_any(),
        false => view! { <Moment at=last_seen_at /> }.into_any(),
    };
    let made_by = match (job, changes) {
        (Some(job), _) => {
            view! { <a href=format!("/jobs/{job}")>{t_with(texts::BY_JOB, &[&job])}</a> }.into_any()
        }
        (None, Some(_)) => t(texts::BY_HAND).into_any(),
        (None, None) => view! { <span class="i3">{t(texts::FOUND)}</span> }.into_any(),
    };
    let changes = changes.map(|changes| format!("+{} −{}", changes.added, changes.removed));
    view! {
        <ChosenRow id chosen>
            <td>
                <Moment at=first_seen_at />
            </td>
            <td>{until}</td>
            <td>{made_by}</td>
            <td class="r i2">{changes}</td>
            <td class="mono i2 less">{short}</td>
        </ChosenRow>
    }
}

/// What going back to the chosen rules would change.
#[component]
fn Chosen(board: Board, editing: Editing, id: RulesetId) -> impl IntoView {
    let path = format!("{}/{id}", path_of(board));
    let what = t_with(words::READING, &[&path]);
    let past = use_document::<PastRules>(path);
    let rules: Memo<Answer<Arc<Ruleset>>> = Memo::new(move |_| {
        let parse = |past: PastRules| {
            let rules = past.ruleset.tool.parse(&past.text).map(Arc::new);
            rules.map_err(|error| unanswered(error.to_string()))
        };
        past.answer().get().map(|answer| answer.and_then(parse))
    });
    let changes = Memo::new(move |_| match rules.get() {
        Some(Ok(rules)) => Some(Arc::new(board.live.with(|live| diff(live, &rules)))),
        _ => None,
    });
    let differences = Callback::new(move |rules: Arc<Ruleset>| {
        (move || changes.get().map(|changes| body(board, &changes, &rules))).into_any()
    });
    let closed = Signal::derive(move || match changes.get() {
        _ if !editing.may => Some(t(texts::NO_EDIT_ROLE).to_owned()),
        None => Some(what_is_missing(rules.get())),
        Some(changes) => changes.is_empty().then(|| t(texts::SAME_AS_NOW).to_owned()),
    });
    let put = move |_| {
        if let Some(Ok(rules)) = rules.get_untracked() {
            board.put(&rules);
            board.selected.set(None);
            editing.close();
        }
    };
    let replaces = move || {
        let has_draft = board.draft.with(Option::is_some);
        has_draft.then(|| view! { <span class="t12 i2">{t(texts::REPLACES_DRAFT)}</span> })
    };
    view! {
        <div class="body fw-diff" tabindex="0">
            <Waiting answer=rules rows=3 what=what children=differences />
        </div>
        <footer>
            {replaces}
            <span class="sp"></span>
            <Button kind=Kind::Primary disabled=closed on_click=put>{t(texts::MAKE_DRAFT)}</Button>
        </footer>
    }
}

fn body(board: Board, changes: &Diff, rules: &Ruleset) -> AnyView {
    if changes.is_empty() {
        return view! { <p class="i3">{t(texts::SAME_AS_NOW)}</p> }.into_any();
    }
    let differences = board.live.with(|live| differences(changes, live, rules));
    view! {
        <p class="t12 i2">{t(texts::GOING_BACK)}</p>
        {differences}
    }
    .into_any()
}

fn what_is_missing(rules: Answer<Arc<Ruleset>>) -> String {
    match rules {
        Some(Err(problem)) => problem.detail,
        _ => t_with(words::READING, &[&t(texts::RULES)]),
    }
}
