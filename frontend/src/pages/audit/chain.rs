//! Whether every row follows from the one before it.

use leptos::prelude::*;
use signalbox_domain::audit::AuditVerdict;
use signalbox_domain::signal::Signal as Aspect;

use crate::document::use_document;
use crate::format;
use crate::locale::{t, t_with};
use crate::locales::audit as texts;
use crate::ui::{Badge, Button, Icon, Kind, Size};

/// Hexadecimal digits of a hash that are enough to tell two apart by eye.
pub(super) const HASH_SHOWN: usize = 12;

#[component]
pub(super) fn Chain() -> impl IntoView {
    let verdict = use_document::<AuditVerdict>("/api/v1/audit/verify");
    let shown = move || match verdict.answer().get() {
        None => view! { <Badge aspect=Aspect::Transit>{t(texts::CHECKING)}</Badge> }.into_any(),
        Some(Err(problem)) => view! {
            <span title=problem.detail>
                <Badge aspect=Aspect::Unknown>{t(texts::UNCHECKED)}</Badge>
            </span>
        }
        .into_any(),
        Some(Ok(verdict)) => told(&verdict).into_any(),
    };
    view! {
        {shown}
        <Button
            kind=Kind::Quiet
            size=Size::Small
            icon=Icon::ShieldCheck
            on_click=move |_| verdict.reload()
        >
            {t(texts::CHECK_AGAIN)}
        </Button>
    }
}

fn told(verdict: &AuditVerdict) -> impl IntoView + use<> {
    let head: String = verdict.head.chars().take(HASH_SHOWN).collect();
    let rows = format::count(u64::try_from(verdict.sound_rows).unwrap_or_default());
    match verdict.broken_at {
        None => view! {
            <Badge aspect=Aspect::Clear>{t_with(texts::HOLDS, &[&rows])}</Badge>
            <span class="m11 i3" title=verdict.head.clone()>
                {t_with(texts::HEAD, &[&head])}
            </span>
        }
        .into_any(),
        Some(row) => view! {
            <Badge aspect=Aspect::Danger>{t_with(texts::BROKEN, &[&row])}</Badge>
            <span class="i2">{t(texts::BROKEN_HELP)}</span>
        }
        .into_any(),
    }
}
