//! Timeouts, settings and synchronisation of the director that is shown.

use std::time::Duration;

use leptos::prelude::*;
use signalbox_domain::ids::NodeId;
use signalbox_domain::lvs::DirectorSettings;

use super::Page;
use crate::document::use_document;
use crate::format;
use crate::locale::{language, say, t, t_with};
use crate::locales::{lvs as texts, words};
use crate::ui::{Age, Plate, Waiting};

#[component]
pub(super) fn DirectorPlates(page: Page) -> impl IntoView {
    let nodes = Memo::new(move |_| {
        page.service.with(|service| {
            let on = service.iter().flat_map(|service| &service.on);
            on.map(|on| (on.node, on.name.clone())).collect::<Vec<_>>()
        })
    });
    view! {
        <div class="plates lvs-settings">
            <For
                each=move || nodes.get()
                key=|(node, _)| *node
                children=move |(node, name)| view! { <OfDirector node name /> }
            />
        </div>
    }
}

#[component]
fn OfDirector(node: NodeId, name: String) -> impl IntoView {
    let path = format!("/api/v1/lvs/{node}/settings");
    let document = use_document::<DirectorSettings>(path.clone());
    let children = Callback::new(|settings: DirectorSettings| told(&settings).into_any());
    view! {
        <Plate title=t_with(texts::SETTINGS, &[&name])>
            <Waiting answer=document.answer() rows=4 what=t_with(words::READING, &[&path]) children />
        </Plate>
    }
}

fn told(settings: &DirectorSettings) -> impl IntoView + use<> {
    let of = |seconds: u32| format::limit(Duration::from_secs(u64::from(seconds)), language());
    let timeouts = settings.read.value.timeouts;
    let shown = t_with(
        texts::TIMEOUTS_TEXT,
        &[&of(timeouts.tcp_s), &of(timeouts.tcp_fin_s), &of(timeouts.udp_s)],
    );
    let meanings = settings.meanings.iter().map(|setting| {
        view! {
            <dt class="mono">{setting.name.clone()}" "<b>{setting.value.clone()}</b></dt>
            <dd class="i2">{say(&setting.meaning)}</dd>
        }
    });
    let sync = settings.synchronisation.iter().map(|phrase| view! { <p>{say(phrase)}</p> });
    view! {
        <dl class="facts lvs-facts">
            <dt>{t(texts::TIMEOUTS)}</dt>
            <dd>{shown}" · "<Age of=settings.read.observed_at /></dd>
            <dt>{t(texts::SYNC)}</dt>
            <dd>{sync.collect_view()}</dd>
            {meanings.collect_view()}
        </dl>
    }
}
