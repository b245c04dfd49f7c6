//! Does traffic flow, and what is wrong?

mod events;
mod faults;
mod freshness;
mod lines;
mod lines_list;
mod lines_phone;
mod running;

use leptos::prelude::*;
use signalbox_domain::fleet::FleetView;
use signalbox_domain::live::Topic;

use crate::live::use_live;
use crate::locale::{t, t_with};
use crate::locales::{overview as texts, shell, words};
use crate::ui::{Failed, Lamps, PageHead, SkeletonRows};

#[component]
pub fn Overview() -> impl IntoView {
    let live = use_live();
    let fleet = live.watch::<FleetView>(Topic::Fleet);
    let refusal = live.refusal(Topic::Fleet);
    let here = Memo::new(move |_| fleet.with(Option::is_some));
    let reading = move || t_with(words::READING, &[&"/api/v1/fleet"]);
    view! {
        <PageHead title=t(shell::OVERVIEW)>
            <Summary fleet />
        </PageHead>
        {move || match (here.get(), refusal.get()) {
            (true, _) => view! { <Regions fleet /> }.into_any(),
            (false, Some(problem)) => view! { <Failed problem=problem /> }.into_any(),
            (false, None) => view! { <SkeletonRows rows=8 what=reading() /> }.into_any(),
        }}
    }
}

/// How many nodes, and how they are.
#[component]
fn Summary(fleet: Memo<Option<FleetView>>) -> impl IntoView {
    let live = use_live();
    let aspects = Memo::new(move |_| {
        fleet.with(|fleet| {
            let nodes = fleet.iter().flat_map(|fleet| fleet.nodes.values());
            nodes.map(|node| live.shown(node.signal)).collect::<Vec<_>>()
        })
    });
    let count = move || match aspects.with(Vec::len) {
        1 => t(texts::ONE_NODE).to_owned(),
        many => t_with(texts::NODES, &[&many]),
    };
    view! {
        <span class="i3">{count}</span>
        <Lamps aspects />
    }
}

/// On phones the faults come first: the order is CSS's, the markup is one.
#[component]
fn Regions(fleet: Memo<Option<FleetView>>) -> impl IntoView {
    view! {
        <div class="plates overview">
            <lines::Lines fleet />
            <faults::Faults fleet />
            <div class="plate overview-middle">
                <running::Running fleet />
                <freshness::Freshnesses fleet />
            </div>
            <events::Events fleet />
        </div>
    }
}
