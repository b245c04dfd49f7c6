//! Split brain: what clients feel, why it came about, and what ends it.

use std::time::Duration;

use leptos::prelude::*;
use serde::Serialize;
use signalbox_domain::access::Permission;
use signalbox_domain::operation::Operation;
use signalbox_domain::signal::Signal as Aspect;
use signalbox_domain::time::Timestamp;
use signalbox_domain::vrrp::split::{Cause, Evidence, PolicyView, SplitPolicy, SplitView};
use signalbox_domain::vrrp::{Holder, InstanceName, InstanceView, MemberView, VrrpState, VrrpView};

use super::addresses;
use crate::api;
use crate::boot::may;
use crate::document::Document;
use crate::format;
use crate::live::use_live;
use crate::locale::{language, say, t, t_with};
use crate::locales::vrrp as texts;
use crate::plan::OperationButton;
use crate::sending::Sending;
use crate::ui::{Age, AlarmBand, Kind, Lamp, Plate, Segmented, aspect_word};

pub(super) const POLICY: &str = "/api/v1/vrrp/policy";

/// What stands above the page.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Alarm {
    instance: InstanceName,
    title: String,
    text: String,
    split_since: Option<Timestamp>,
}

/// What clients feel, or would at the next failure, stands above everything.
#[component]
pub(super) fn Alarms(vrrp: Memo<Option<VrrpView>>, policy: Document<PolicyView>) -> impl IntoView {
    let alarms = Memo::new(move |_| {
        vrrp.with(|vrrp| {
            let instances = vrrp.iter().flat_map(|vrrp| &vrrp.instances);
            let failed = instances.filter(|instance| instance.signal == Aspect::Danger);
            failed.filter_map(alarm).collect::<Vec<_>>()
        })
    });
    view! {
        <For
            each=move || alarms.get()
            key=Clone::clone
            children=move |alarm| view! { <Band vrrp policy alarm /> }
        />
    }
}

fn alarm(instance: &InstanceView) -> Option<Alarm> {
    Some(Alarm {
        instance: instance.id.clone(),
        title: say(instance.fault.as_ref()?),
        text: addresses(instance),
        split_since: instance.split.as_ref().map(|split| split.since),
    })
}

#[component]
fn Band(vrrp: Memo<Option<VrrpView>>, policy: Document<PolicyView>, alarm: Alarm) -> impl IntoView {
    let (live, language) = (use_live(), language());
    let Alarm { instance, title, text: addresses, split_since } = alarm;
    let text = Signal::derive(move || match split_since {
        None => addresses.clone(),
        Some(since) => {
            let lasts = format::age(since.age(live.now()), language);
            t_with(texts::SPLIT_FELT, &[&addresses, &lasts])
        }
    });
    let offered = Memo::new(move |_| {
        let asks = policy.answer().get().and_then(Result::ok).map(|policy| policy.split_brain);
        vrrp.with(|vrrp| {
            let mut instances = vrrp.iter().flat_map(|vrrp| &vrrp.instances);
            let found = instances.find(|other| other.id == instance)?;
            if asks == Some(SplitPolicy::Off) { None } else { demote(found) }
        })
    });
    view! {
        <AlarmBand title text>
            {move || {
                offered
                    .get()
                    .map(|(operation, label)| {
                        view! { <OperationButton operation=operation label=label kind=Kind::Primary /> }
                    })
            }}
        </AlarmBand>
    }
}

fn demote(instance: &InstanceView) -> Option<(Operation, String)> {
    let node = instance.split.as_ref()?.demote?;
    let name = &instance.member(node)?.node_name;
    let label = t_with(texts::DEMOTE, &[name, &instance.id.0]);
    Some((Operation::VrrpDemote { instance: instance.id.clone(), node }, label))
}

/// A director that stands in FAULT, or whose keepalived does not run, while another holds: it can be
/// put back.
pub(super) fn put_back(instance: &InstanceView) -> Option<(Operation, String)> {
    let Holder::One { node: holder } = instance.holder else { return None };
    let held_back = |state: VrrpState| state == VrrpState::Fault;
    let stopped =
        |member: &MemberView| member.daemon.as_ref().is_some_and(|daemon| !daemon.value.runs());
    let member = instance.members.iter().find(|member| {
        let state = member.state().map(|state| state.state);
        !member.stale && member.node != holder && (state.is_some_and(held_back) || stopped(member))
    })?;
    let operation = Operation::VrrpRestore { instance: instance.id.clone(), node: member.node };
    Some((operation, t_with(texts::PUT_BACK, &[&member.node_name])))
}

/// Why, with what speaks for it, for each instance that is split now.
#[component]
pub(super) fn Causes(vrrp: Memo<Option<VrrpView>>) -> impl IntoView {
    let splits = Memo::new(move |_| {
        vrrp.with(|vrrp| {
            let instances = vrrp.iter().flat_map(|vrrp| &vrrp.instances);
            let split = instances.filter_map(|i| Some((i.id.0.clone(), i.split.clone()?)));
            split.collect::<Vec<_>>()
        })
    });
    let several = move || splits.with(Vec::len) > 1;
    move || {
        let plate = |(name, split): (String, SplitView)| {
            let found = format::duration(Duration::from_millis(split.found_ms), language());
            let seen = t_with(texts::SEEN_AFTER, &[&found]);
            let meta = if several() { format!("{name} · {seen}") } else { seen };
            view! {
                <Plate title=t(texts::LIKELY_CAUSE) meta=meta class="vrrp-cause">
                    {said_of(&split)}
                </Plate>
            }
        };
        splits.get().into_iter().map(plate).collect_view()
    }
}

fn said_of(split: &SplitView) -> impl IntoView + use<> {
    let causes = split.causes.iter().map(cause).collect_view();
    let none = split.causes.is_empty().then(|| match split.gathered_at {
        None => view! { <p class="i2">{t(texts::CAUSE_SOUGHT)}</p> }.into_any(),
        Some(_) => view! { <p class="b">{t(texts::NO_CAUSE)}</p> }.into_any(),
    });
    let told: Vec<&Evidence> = split.causes.iter().flat_map(|cause| &cause.evidence).collect();
    let looked = split.looked_at.iter().filter(|evidence| !told.contains(evidence));
    let looked: Vec<_> = looked.map(row).collect();
    view! {
        {causes}
        {none}
        {(!looked.is_empty())
            .then(|| {
                view! {
                    <h3 class="t12 i3">{t(texts::LOOKED_AT)}</h3>
                    <ul class="interlocks evidence">{looked}</ul>
                }
            })}
    }
}

fn cause(cause: &Cause) -> impl IntoView + use<> {
    let evidence = cause.evidence.iter().map(row).collect_view();
    view! {
        <h3 class="b row g6">
            <Lamp aspect=Aspect::Danger label=aspect_word(Aspect::Danger).to_owned() />
            {say(&cause.title)}
        </h3>
        <p class="t12 i2">{say(&cause.remedy)}</p>
        <ul class="interlocks evidence">{evidence}</ul>
    }
}

fn row(evidence: &Evidence) -> impl IntoView + use<> {
    view! {
        <li>
            <Lamp aspect=evidence.signal label=aspect_word(evidence.signal).to_owned() />
            <div>
                <div>{say(&evidence.fact)}</div>
                <div class="t12 i3">
                    {evidence.source.clone()}
                    {evidence.observed_at.map(|at| view! { " · " <Age of=at /> })}
                </div>
            </div>
        </li>
    }
}

#[derive(Serialize)]
struct NewPolicy {
    split_brain: SplitPolicy,
}

/// What the console does by itself; an admin's choice.
#[component]
pub(super) fn Policy(policy: Document<PolicyView>) -> impl IntoView {
    let sending = Sending::new();
    let chosen = RwSignal::new(SplitPolicy::Ask);
    let kept = Memo::new(move |_| {
        policy.answer().get().and_then(Result::ok).map(|policy| policy.split_brain)
    });
    Effect::new(move |_| {
        if let Some(kept) = kept.get() {
            chosen.set(kept);
        }
    });
    Effect::watch(
        move || chosen.get(),
        move |wanted, before, _| {
            if before.is_none() || kept.get_untracked() == Some(*wanted) {
                return;
            }
            let body = NewPolicy { split_brain: *wanted };
            let request = async move { api::put::<PolicyView>(POLICY, &body).await };
            sending.send(request, move |_| policy.reload());
        },
        false,
    );
    let word = |policy: SplitPolicy| match policy {
        SplitPolicy::Off => t(texts::POLICY_OFF),
        SplitPolicy::Ask => t(texts::POLICY_ASK),
        SplitPolicy::Automatic => t(texts::POLICY_AUTOMATIC),
    };
    let options: Vec<(SplitPolicy, String)> =
        [SplitPolicy::Off, SplitPolicy::Ask, SplitPolicy::Automatic]
            .map(|policy| (policy, word(policy).to_owned()))
            .to_vec();
    let changed = may(Permission::VrrpPolicy);
    view! {
        <div class="vrrp-policy row g12">
            <span class="t12 i3" title=t(texts::POLICY_HELP)>{t(texts::POLICY)}</span>
            {if changed {
                view! { <Segmented label=t(texts::POLICY) options chosen /> }.into_any()
            } else {
                view! { <span>{move || word(kept.get().unwrap_or_default())}</span> }.into_any()
            }}
            {sending.refusal()}
        </div>
    }
}
