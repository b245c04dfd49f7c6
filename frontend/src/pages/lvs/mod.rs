//! Is load shared as intended?

mod change;
mod connections;
mod directors;
mod edit;
mod explain;
mod head;
mod modes;
mod paths;
pub(super) mod proved;
mod servers;
mod services;
mod settings;
mod sharing;
mod standing;
mod sync;

use leptos::prelude::*;
use signalbox_domain::live::Topic;
use signalbox_domain::lvs::history::TrafficCurves;
use signalbox_domain::lvs::standing::ServerStretch;
use signalbox_domain::lvs::{LvsView, ServiceId, ServiceView};
use signalbox_domain::signal::Signal as Aspect;

use crate::document::{Document, use_document};
use crate::live::use_live;
use crate::locale::{t, t_with};
use crate::locales::{lvs as texts, words};
use crate::ui::{Button, Empty, Failed, Icon, Lamp, PageHead, SkeletonRows};

pub(super) const HISTORY: &str = "/api/v1/lvs/history";

/// A point of a curve comes so often.
#[cfg(feature = "hydrate")]
const HISTORY_EVERY: std::time::Duration = std::time::Duration::from_secs(10);

/// What the page's regions share.
#[derive(Clone, Copy)]
struct Page {
    lvs: Memo<Option<LvsView>>,
    chosen: RwSignal<Option<ServiceId>>,
    service: Memo<Option<ServiceView>>,
    curves: Document<TrafficCurves>,
    standing: Document<Vec<ServerStretch>>,
    /// Whether the forms that edit the chosen service are shown.
    editing: RwSignal<bool>,
}

impl Page {
    fn name_of(self, node: signalbox_domain::ids::NodeId) -> String {
        let named = |lvs: &LvsView| {
            lvs.directors.iter().find(|d| d.node == node).map(|director| director.name.clone())
        };
        self.lvs.with(|lvs| lvs.as_ref().and_then(named)).unwrap_or_default()
    }
}

#[component]
pub fn Lvs() -> impl IntoView {
    let live = use_live();
    let lvs = live.watch::<LvsView>(Topic::Lvs);
    let refusal = live.refusal(Topic::Lvs);
    let state = Memo::new(move |_| lvs.with(|v| v.as_ref().map(|v| v.services.is_empty())));
    let adding = RwSignal::new(false);
    let add = move || {
        let toggle = move |_| adding.update(|adding| *adding = !*adding);
        view! { <Button icon=Icon::Plus on_click=toggle>{t(texts::ADD_SERVICE)}</Button> }
    };
    view! {
        <PageHead title=t(texts::TITLE) actions=ViewFn::from(add)>
            <Summary lvs />
        </PageHead>
        {move || adding.get().then(|| view! { <edit::Add lvs /> })}
        {move || match (state.get(), refusal.get()) {
            (None, Some(problem)) => view! { <Failed problem /> }.into_any(),
            (None, None) => {
                view! { <SkeletonRows what=t_with(words::READING, &[&"/api/v1/lvs/services"]) /> }.into_any()
            }
            (Some(true), _) => {
                view! { <Empty title=t(texts::NONE) text=t(texts::NONE_HELP) /> }.into_any()
            }
            (Some(false), _) => view! { <Regions lvs /> }.into_any(),
        }}
    }
}

#[component]
fn Summary(lvs: Memo<Option<LvsView>>) -> impl IntoView {
    let live = use_live();
    move || {
        lvs.with(|lvs| {
            let lvs = lvs.as_ref()?;
            let servers: usize = lvs.services.iter().map(|service| service.servers.len()).sum();
            let differ = lvs.services.iter().any(|service| !service.differences.is_empty());
            let current: Vec<&str> =
                lvs.directors.iter().filter(|d| !d.stale).map(|d| d.name.as_str()).collect();
            let (aspect, words) = match (differ, current.len()) {
                (true, _) => (Aspect::Danger, t(texts::TABLES_DIFFER).to_owned()),
                (false, 0 | 1) => (Aspect::Unknown, String::new()),
                (false, _) => {
                    (Aspect::Clear, t_with(texts::TABLES_MATCH, &[&current.join(", ")]))
                }
            };
            Some(view! {
                <span class="i3">{t_with(texts::SUMMARY, &[&lvs.services.len(), &servers])}</span>
                {(!words.is_empty())
                    .then(|| view! { <span class="row g6"><Lamp aspect=live.shown(aspect) />{words}</span> })}
            })
        })
    }
}

#[component]
fn Regions(lvs: Memo<Option<LvsView>>) -> impl IntoView {
    let chosen = RwSignal::new(None::<ServiceId>);
    let service = Memo::new(move |_| {
        lvs.with(|lvs| {
            let services = &lvs.as_ref()?.services;
            let is_chosen =
                |service: &&ServiceView| chosen.with(|c| c.as_ref() == Some(&service.id));
            // Until one is chosen, the one that needs somebody.
            let worst = || services.iter().min_by_key(|service| service.signal);
            services.iter().find(is_chosen).or_else(worst).cloned()
        })
    });
    let curves = use_document::<TrafficCurves>(HISTORY);
    let id = Memo::new(move |_| service.with(|service| service.as_ref().map(|s| s.id.clone())));
    Effect::new(move |_| {
        if let Some(id) = id.get() {
            curves.turn_to(format!("{HISTORY}?service={id}"));
        }
    });
    keep_reading(curves);
    let standing = standing::use_standing(service);
    let editing = RwSignal::new(false);
    let page = Page { lvs, chosen, service, curves, standing, editing };
    view! {
        <div class="plates lvs">
            <services::Services page />
            <div class="plates lvs-chosen">
                <head::Head page />
                {move || page.editing.get().then(|| view! { <edit::Edit page /> })}
                <explain::Why page />
                <paths::Paths page />
                <servers::Servers page />
                <standing::Standing page />
                <sharing::LastProof page />
                <directors::Directors page />
                <connections::ConnectionTable page />
                <sync::Sync page />
                <settings::DirectorPlates page />
            </div>
        </div>
    }
}

/// Curves are no live topic: a point of theirs is ten seconds.
#[cfg(feature = "hydrate")]
fn keep_reading(curves: Document<TrafficCurves>) {
    if let Ok(handle) = set_interval_with_handle(move || curves.reload(), HISTORY_EVERY) {
        on_cleanup(move || handle.clear());
    }
}

#[cfg(not(feature = "hydrate"))]
fn keep_reading(_curves: Document<TrafficCurves>) {}
