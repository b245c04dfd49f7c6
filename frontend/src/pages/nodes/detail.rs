//! One node: is this machine healthy, and how is it reached?

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use signalbox_domain::fleet::{FleetView, NodeSummary};
use signalbox_domain::ids::NodeId;
use signalbox_domain::live::Topic;
use signalbox_domain::nodes::{LinkState, NodeView};
use signalbox_domain::signal::Signal as Aspect;

use super::pin::PinDialog;
use super::remove::RemoveDialog;
use super::tags::TagsDialog;
use super::{
    changes, closed_to_reader, depends, place, reach, services, state_word, vitals, wrong,
};
use crate::format;
use crate::live::use_live;
use crate::locale::{language, t, t_with};
use crate::locales::{nodes as texts, words};
use crate::pages::not_found::NotFound;
use crate::ui::{AlarmBand, Badge, Button, Failed, Icon, Kind, PageHead, SkeletonRows, Tag};

#[component]
pub fn NodeDetail() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id")?.parse::<NodeId>().ok()));
    move || match id.get() {
        Some(id) => view! { <Node id /> }.into_any(),
        None => view! { <NotFound /> }.into_any(),
    }
}

/// A node's document and what of it is too old to count.
#[derive(Clone, Copy)]
pub(super) struct Seen {
    node: Memo<Option<NodeView>>,
    stale: Memo<bool>,
}

impl Seen {
    /// A part of the document, so that the heartbeat of each second redraws only what changed.
    pub(super) fn part<T>(
        self,
        pick: impl Fn(&NodeView) -> Option<T> + Send + Sync + 'static,
    ) -> Memo<Option<T>>
    where
        T: PartialEq + Send + Sync + 'static,
    {
        Memo::new(move |_| self.node.with(|node| node.as_ref().and_then(&pick)))
    }

    /// Whether the node, or this page, has been silent too long: what was seen stays, shown hollow.
    pub(super) fn is_stale(self) -> bool {
        self.stale.get()
    }

    /// An aspect, or unknown when it was seen too long ago.
    pub(super) fn now(self, aspect: Aspect) -> Aspect {
        if self.is_stale() { Aspect::Unknown } else { aspect }
    }
}

#[component]
fn Node(id: NodeId) -> impl IntoView {
    let live = use_live();
    let node = live.watch::<NodeView>(Topic::Node(id));
    let refusal = live.refusal(Topic::Node(id));
    let here = Memo::new(move |_| node.with(Option::is_some));
    let stale = Memo::new(move |_| {
        let now = live.now();
        live.line().is_stale()
            || node.with(|node| node.as_ref().is_none_or(|node| node.observed.is_stale(now)))
    });
    move || match (here.get(), refusal.get()) {
        (true, _) => view! { <Sheet id seen=Seen { node, stale } /> }.into_any(),
        (false, Some(problem)) => view! { <Failed problem /> }.into_any(),
        (false, None) => {
            let what = t_with(words::READING, &[&format!("/api/v1/nodes/{id}")]);
            view! { <SkeletonRows what /> }.into_any()
        }
    }
}

/// Which dialog lies over the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Over {
    Tags,
    Remove,
    Pin,
}

#[component]
fn Sheet(id: NodeId, seen: Seen) -> impl IntoView {
    let fleet = use_live().watch::<FleetView>(Topic::Fleet);
    let summary = Memo::new(move |_| fleet.with(|fleet| fleet.as_ref()?.nodes.get(&id).cloned()));
    let over = RwSignal::new(None::<Over>);
    let close = Callback::new(move |()| over.set(None));
    let record = seen.part(|node| Some(node.record.clone()));
    let name = untrack(move || record.get()).map(|record| record.name.to_string());
    let name = name.unwrap_or_default();
    let key_changed = seen.part(|node| Some(node.observed.link.state == LinkState::HostKeyChanged));
    let title = t_with(texts::OTHER_KEY, &[&name]);
    let own = name.clone();
    let alarm = move || {
        (key_changed.get() == Some(true)).then(|| {
            view! {
                <AlarmBand title=title.clone() text=t(texts::OTHER_KEY_HELP)>
                    <Button
                        icon=Icon::FingerprintPattern
                        disabled=Signal::stored(closed_to_reader())
                        on_click=move |_| over.set(Some(Over::Pin))
                    >
                        {t(texts::COMPARE_KEYS)}
                    </Button>
                </AlarmBand>
            }
        })
    };
    let dialog = move || {
        let record = record.get_untracked()?;
        Some(match over.get()? {
            Over::Tags => view! { <TagsDialog record on_close=close /> }.into_any(),
            Over::Remove => view! { <RemoveDialog record on_close=close /> }.into_any(),
            Over::Pin => view! { <PinDialog record on_close=close /> }.into_any(),
        })
    };
    view! {
        <PageHead
            title=name
            up=("/nodes", t(texts::NODES))
            actions=move || view! { <Actions over /> }
        >
            <Summary seen summary />
        </PageHead>
        {alarm}
        <div class="plates node" class:stale=move || seen.is_stale()>
            <place::Place id fleet />
            <vitals::Vitals id seen />
            <div class="plates node-side">
                <services::Services seen />
                <wrong::Wrong id seen fleet />
            </div>
            <reach::Reach id seen fleet />
            <div class="plates node-side">
                <depends::Depends id fleet />
                <changes::Changes id name=own />
            </div>
        </div>
        {dialog}
    }
}

#[component]
fn Summary(seen: Seen, summary: Memo<Option<NodeSummary>>) -> impl IntoView {
    let host = seen.part(|node| Some(node.record.host.to_string()));
    let tags = seen.part(|node| Some(node.record.tags.clone()));
    let platform = seen.part(|node| Some(node.observed.platform.as_ref()?.value.clone()));
    let uptime_s = seen.part(|node| Some(node.observed.vitals.as_ref()?.value.uptime_s / 60 * 60));
    let badge = move || {
        let summary = summary.get()?;
        let word = state_word(summary.link, seen.now(summary.signal));
        Some(view! { <Badge aspect=seen.now(summary.signal)>{word}</Badge> })
    };
    let up = move || {
        let length = std::time::Duration::from_secs(uptime_s.get()?);
        Some(t_with(texts::UP_FOR, &[&format::duration(length, language())]))
    };
    view! {
        {badge}
        <span class="mono">{move || host.get()}</span>
        <span class="i2 el">
            {move || platform.get().map(|seen| format!("{}, {}", seen.os, seen.kernel))}
        </span>
        <span class="i3 wide-only">{up}</span>
        <span class="row g4 wide-only">
            {move || {
                let tags = tags.get().unwrap_or_default();
                tags.into_iter().map(|tag| view! { <Tag text=tag.to_string() /> }).collect_view()
            }}
        </span>
    }
}

#[component]
fn Actions(over: RwSignal<Option<Over>>) -> impl IntoView {
    let closed = Signal::stored(closed_to_reader());
    view! {
        <Button icon=Icon::Tag disabled=closed on_click=move |_| over.set(Some(Over::Tags))>
            {t(texts::EDIT_TAGS)}
        </Button>
        <Button
            kind=Kind::Quiet
            icon=Icon::Trash2
            disabled=closed
            on_click=move |_| over.set(Some(Over::Remove))
        >
            {t(texts::REMOVE)}
        </Button>
    }
}
