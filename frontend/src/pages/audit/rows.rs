use leptos::prelude::*;
use signalbox_domain::audit::{AuditEntry, AuditPage, AuditPhase};
use signalbox_domain::signal::Signal as Aspect;

use super::chain::HASH_SHOWN;
use crate::locale::t;
use crate::locales::{audit as texts, words};
use crate::ui::{Badge, Column, Empty, LongTable, Moment, Sort};

pub(super) fn rows(page: AuditPage) -> AnyView {
    if page.entries.is_empty() {
        return view! { <Empty title=t(texts::NONE) text=t(texts::NONE_HELP) /> }.into_any();
    }
    view! {
        <LongTable
            label=t(texts::AUDIT)
            columns=columns()
            sort=RwSignal::new(NEWEST_FIRST)
            rows=Signal::stored(page.entries)
            row=|(index, entry)| row(index, entry)
        />
    }
    .into_any()
}

/// The console pages through the log in this order alone.
const NEWEST_FIRST: Sort = Sort { column: 5, descending: true };

fn columns() -> Vec<Column> {
    vec![
        Column::new(t(texts::ACTION)),
        Column::new(t(texts::OBJECT)),
        Column::new(t(texts::PHASE)).width("110px"),
        Column::new(t(texts::WHO)).width("130px"),
        Column::new(t(texts::FROM)).width("130px"),
        Column::new(t(words::WHEN)).width("120px"),
        Column::new(t(texts::JOB)).width("70px"),
        Column::new(t(texts::DETAIL)),
        Column::new(t(texts::ROW)).right().width("70px"),
        Column::new(t(texts::HASH)).width("120px"),
    ]
}

fn row(index: usize, entry: AuditEntry) -> AnyView {
    let hash: String = entry.hash.chars().take(HASH_SHOWN).collect();
    view! {
        <tr class:danger=entry.phase == AuditPhase::Failed aria-rowindex=index>
            <td class="mono">{entry.action}</td>
            <td>{entry.object}</td>
            <td>{badge(entry.phase)}</td>
            <td>{entry.actor}</td>
            <td class="mono i2 less">{entry.peer}</td>
            <td class="i2">
                <Moment at=entry.at />
            </td>
            <td class="less">
                {entry.job.map(|job| view! { <a href=format!("/jobs/{job}")>{job.to_string()}</a> })}
            </td>
            <td class="wrap i2">{detail(entry.detail)}</td>
            <td class="r i3 less">{entry.seq}</td>
            <td class="m11 i3 less" title=entry.hash>
                {hash}
            </td>
        </tr>
    }
    .into_any()
}

/// What it came to; what was done for it, line by line, unfolds.
fn detail(text: String) -> AnyView {
    match text.split_once('\n') {
        None => text.into_any(),
        Some((first, rest)) => view! {
            <details>
                <summary>{first.to_owned()}</summary>
                <pre class="audit-steps">{rest.to_owned()}</pre>
            </details>
        }
        .into_any(),
    }
}

fn badge(phase: AuditPhase) -> AnyView {
    let word = t(texts::phase(phase));
    let aspect = match phase {
        // Neither well nor ill yet.
        AuditPhase::Intent => return view! { <Badge>{word}</Badge> }.into_any(),
        AuditPhase::Done => Aspect::Clear,
        AuditPhase::Failed => Aspect::Danger,
        AuditPhase::Refused => Aspect::Caution,
    };
    view! { <Badge aspect=aspect>{word}</Badge> }.into_any()
}
