//! What can I restore, and is it proven?

mod catalogue;
mod chosen;
mod freshness;

use leptos::prelude::*;
use signalbox_domain::backups::BackupsView;
use signalbox_domain::ids::BackupId;
use signalbox_domain::live::Topic;

use crate::format;
use crate::live::use_live;
use crate::locale::{t, t_with};
use crate::locales::{backups as texts, words};
use crate::ui::{Failed, PageHead, SkeletonRows};

#[component]
pub fn Backups() -> impl IntoView {
    let live = use_live();
    let backups = live.watch::<BackupsView>(Topic::Backups);
    let refusal = live.refusal(Topic::Backups);
    let here = Memo::new(move |_| backups.with(Option::is_some));
    let reading = move || t_with(words::READING, &[&"/api/v1/backups"]);
    view! {
        <PageHead title=t(texts::BACKUPS)>
            <Summary backups />
        </PageHead>
        {move || match (here.get(), refusal.get()) {
            (true, _) => view! { <Regions backups /> }.into_any(),
            (false, Some(problem)) => view! { <Failed problem /> }.into_any(),
            (false, None) => view! { <SkeletonRows what=reading() /> }.into_any(),
        }}
    }
}

#[component]
fn Summary(backups: Memo<Option<BackupsView>>) -> impl IntoView {
    let summary = move || {
        backups.with(|backups| {
            let backups = backups.as_ref()?;
            let free = format::bytes(backups.free_bytes);
            let total = format::bytes(backups.total_bytes);
            Some(t_with(texts::SUMMARY, &[&backups.catalogue.len(), &free, &total]))
        })
    };
    view! { <span class="i3">{summary}</span> }
}

#[component]
fn Regions(backups: Memo<Option<BackupsView>>) -> impl IntoView {
    let chosen = RwSignal::new(None::<BackupId>);
    view! {
        <div class="plates backups">
            <freshness::Trees backups />
            <catalogue::Catalogue backups chosen />
            <chosen::Chosen backups chosen />
        </div>
    }
}
