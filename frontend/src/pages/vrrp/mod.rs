//! Who holds each address, and is anyone else claiming it?

mod beat;
mod conf;
mod diagram;
mod directors;
mod holders;
mod split;
mod table;
mod wire;

pub use conf::VrrpConf;

use std::collections::BTreeSet;

use leptos::prelude::*;
use signalbox_domain::live::Topic;
use signalbox_domain::operation::Operation;
use signalbox_domain::vrrp::split::PolicyView;
use signalbox_domain::vrrp::{Holder, InstanceName, InstanceView, VrrpView};

use crate::document::{Document, use_document};
use crate::live::use_live;
use crate::locale::{say, t, t_with};
use crate::locales::{vrrp as texts, vrrp_conf as conf_texts, words};
use crate::plan::OperationButton;
use crate::ui::{
    Empty, Failed, Kind, Lamp, PageHead, Size, SkeletonRows, aspect_word, button_classes,
};

#[component]
pub fn Vrrp() -> impl IntoView {
    let live = use_live();
    let vrrp = live.watch::<VrrpView>(Topic::Vrrp);
    let refusal = live.refusal(Topic::Vrrp);
    let policy = use_document::<PolicyView>(split::POLICY);
    let state = Memo::new(move |_| vrrp.with(|v| v.as_ref().map(|v| v.instances.is_empty())));
    view! {
        <PageHead title=t(texts::VRRP) actions=move || view! { <split::Policy policy /> <ConfLink /> }>
            <Summary vrrp />
        </PageHead>
        {move || match (state.get(), refusal.get()) {
            (None, Some(problem)) => view! { <Failed problem /> }.into_any(),
            (None, None) => {
                view! { <SkeletonRows what=t_with(words::READING, &[&"/api/v1/vrrp"]) /> }.into_any()
            }
            (Some(true), _) => {
                view! { <Empty title=t(texts::NONE) text=t(texts::NONE_HELP) /> }.into_any()
            }
            (Some(false), _) => view! { <Regions vrrp policy /> }.into_any(),
        }}
    }
}

#[component]
fn ConfLink() -> impl IntoView {
    view! { <a class=button_classes(Kind::Default, Size::Normal) href="/vrrp/conf">{t(conf_texts::EDIT)}</a> }
}

#[component]
fn Summary(vrrp: Memo<Option<VrrpView>>) -> impl IntoView {
    move || {
        vrrp.with(|vrrp| {
            let vrrp = vrrp.as_ref()?;
            let members = vrrp.instances.iter().flat_map(|instance| &instance.members);
            let directors: BTreeSet<_> = members.map(|member| member.node).collect();
            let text = t_with(texts::SUMMARY, &[&vrrp.instances.len(), &directors.len()]);
            Some(view! { <span class="i3">{text}</span> })
        })
    }
}

#[component]
fn Regions(vrrp: Memo<Option<VrrpView>>, policy: Document<PolicyView>) -> impl IntoView {
    let ids = Memo::new(move |_| {
        vrrp.with(|vrrp| {
            let instances = vrrp.iter().flat_map(|vrrp| &vrrp.instances);
            let mut ids: Vec<InstanceName> = instances.map(|i| i.id.clone()).collect();
            // The page keeps its order while lamps change; the alarm above says what is worst.
            ids.sort();
            ids
        })
    });
    view! {
        <split::Alarms vrrp policy />
        <div class="plates vrrp">
            <div class="vrrp-points">
                <For each=move || ids.get() key=Clone::clone children=move |id| view! { <Points vrrp id /> } />
            </div>
            <table::Members vrrp />
            <directors::Directors vrrp />
            <div class="vrrp-foot">
                <split::Causes vrrp />
                <holders::Holders vrrp />
            </div>
            <wire::OnTheWire vrrp />
        </div>
    }
}

/// One instance as railway points, with the button that moves it.
#[component]
fn Points(vrrp: Memo<Option<VrrpView>>, id: InstanceName) -> impl IntoView {
    let instance = Memo::new(move |_| {
        vrrp.with(|vrrp| {
            let mut instances = vrrp.iter().flat_map(|vrrp| &vrrp.instances);
            instances.find(|instance| instance.id == id).cloned()
        })
    });
    let offered = Memo::new(move |_| instance.with(|instance| offer(instance.as_ref()?)));
    let head = move || {
        instance.get().map(|instance| {
            let aspect = use_live().shown(instance.signal);
            view! {
                <Lamp aspect=aspect size=12 label=aspect_word(aspect).to_owned() />
                <h2>{instance.id.0.clone()}</h2>
                <span class="meta">{protocol(&instance)}</span>
            }
        })
    };
    view! {
        <section class="plate">
            <div class="plh">
                {head}
                <span class="acts">
                    {move || {
                        offered
                            .get()
                            .map(|(operation, label)| {
                                view! { <OperationButton operation=operation label=label size=Size::Small /> }
                            })
                    }}
                </span>
            </div>
            <diagram::Diagram instance />
            <p class="vrrp-fault t12 i2">
                {move || instance.with(|instance| instance.as_ref()?.fault.as_ref().map(say))}
            </p>
        </section>
    }
}

fn protocol(instance: &InstanceView) -> String {
    let version = instance.members.first().map_or(2, |member| member.conf.version);
    t_with(texts::VRID, &[&instance.vrid, &version])
}

fn addresses(instance: &InstanceView) -> String {
    let addresses = instance.virtual_addresses.iter().map(|a| a.address.to_string());
    addresses.collect::<Vec<_>>().join(", ")
}

/// What can be done with an instance that one director holds.
fn offer(instance: &InstanceView) -> Option<(Operation, String)> {
    bring_back(instance).or_else(|| split::put_back(instance)).or_else(|| hand_over(instance))
}

/// While a director of two is out of service there is nobody to hand over to.
fn bring_back(instance: &InstanceView) -> Option<(Operation, String)> {
    let out = instance.members.iter().find(|member| member.is_out && !member.stale)?;
    let operation = Operation::VrrpBringBack { node: out.node };
    Some((operation, t_with(texts::BRING_BACK, &[&out.node_name])))
}

/// To the director of the highest priority that does not hold the addresses.
fn hand_over(instance: &InstanceView) -> Option<(Operation, String)> {
    let Holder::One { node: holder } = instance.holder else { return None };
    let to = instance.members.iter().find(|member| member.node != holder)?;
    let operation = Operation::VrrpHandOver { instance: instance.id.clone(), to: to.node };
    Some((operation, t_with(texts::HAND_OVER, &[&to.node_name])))
}
