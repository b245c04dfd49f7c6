//! keepalived.conf of the directors: as a text and as a form of the same file, with what is wrong in
//! it and what the directors do differently, and deployed to all that were edited.

mod create;
mod draft;
mod findings;
mod form;
mod notify;
mod protect;

use std::collections::BTreeSet;

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use signalbox_domain::ids::NodeId;
use signalbox_domain::live::Topic;
use signalbox_domain::operation::Operation;
use signalbox_domain::vrrp::VrrpView;
use signalbox_domain::vrrp::deploy::{ConfView, Daemon};

use self::draft::{Chosen, Draft};
use crate::document::use_document;
use crate::live::use_live;
use crate::locale::{t, t_with};
use crate::locales::{
    vrrp_conf as texts, vrrp_create as create_texts, vrrp_notify as notify_texts,
    vrrp_protect as protect_texts, words,
};
use crate::plan::OperationButton;
use crate::ui::{Age, Button, Empty, Failed, Icon, Kind, PageHead, Plate, Segmented, SkeletonRows};

/// Nodes that are no directors yet, by their names.
type Others = RwSignal<BTreeSet<(NodeId, String)>>;

/// A form for settings of all directors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Opened {
    Protection,
    Notification,
}

/// How the chosen file is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum As {
    Form,
    Text,
}

#[component]
pub fn VrrpConf() -> impl IntoView {
    let vrrp = use_live().watch::<VrrpView>(Topic::Vrrp);
    let directors = Memo::new(move |_| {
        vrrp.with(|vrrp| {
            let members = vrrp.as_ref()?.instances.iter().flat_map(|instance| &instance.members);
            let nodes = members.map(|member| (member.node, member.node_name.clone()));
            Some(nodes.collect::<BTreeSet<_>>())
        })
    });
    let wanted = use_query_map().with_untracked(|query| query.get("node")?.parse().ok());
    let draft = Draft::new(wanted.map(NodeId));
    let others = Others::new(BTreeSet::new());
    let (is_new, opened) = (RwSignal::new(false), RwSignal::new(None::<Opened>));
    let nodes = Memo::new(move |_| {
        let directors = directors.get().unwrap_or_default();
        let known = |node| directors.iter().any(|(director, _)| *director == node);
        let new = others.get().into_iter().filter(|(node, _)| !known(*node));
        directors.iter().cloned().chain(new).collect::<Vec<_>>()
    });
    let reading = move |(node, name): (NodeId, String)| view! { <Reading draft node name /> };
    let seen = Memo::new(move |_| directors.with(Option::is_some));
    let none = Memo::new(move |_| nodes.with(Vec::is_empty));
    let body = move || match (seen.get(), none.get()) {
        (false, _) => {
            view! { <SkeletonRows what=t_with(words::READING, &[&"/api/v1/vrrp"]) /> }.into_any()
        }
        (true, true) => view! {
            <Empty title=t(texts::NONE) text=t(texts::NONE_HELP)><New is_new /></Empty>
        }
        .into_any(),
        (true, false) => view! {
            <div class="vc-readings">
                <For each=move || nodes.get() key=Clone::clone children=reading />
            </div>
            <Editor draft />
        }
        .into_any(),
    };
    let create = move || {
        is_new.get().then(|| {
            let close = move |()| is_new.set(false);
            view! { <create::Create draft vrrp others on_close=Callback::new(close) /> }
        })
    };
    let settings = move || {
        let on_close = Callback::new(move |()| opened.set(None));
        opened.get().map(|opened| match opened {
            Opened::Protection => view! { <protect::Protect draft on_close /> }.into_any(),
            Opened::Notification => view! { <notify::Notify draft on_close /> }.into_any(),
        })
    };
    view! {
        <PageHead
            title=t(texts::TITLE)
            up=("/vrrp", "VRRP")
            actions=ViewFn::from(move || view! { <Actions draft is_new opened /> })
        >
            <Summary draft />
        </PageHead>
        {body}
        {create}
        {settings}
    }
}

/// Makes a new instance, here or on nodes that have none.
#[component]
fn New(is_new: RwSignal<bool>) -> impl IntoView {
    view! {
        <span class="wide-only">
            <Button icon=Icon::Plus on_click=move |_| is_new.set(true)>{t(create_texts::NEW)}</Button>
        </span>
    }
}

#[component]
fn Summary(draft: Draft) -> impl IntoView {
    move || match draft.edited().len() {
        0 => t(texts::NOTHING_EDITED).to_owned(),
        files => t_with(texts::EDITED, &[&files]),
    }
}

/// One node's files, read when the page begins and again when somebody asks.
#[component]
fn Reading(draft: Draft, node: NodeId, name: String) -> impl IntoView {
    let document = use_document::<ConfView>(format!("/api/v1/vrrp/conf/{node}"));
    let answer = document.answer();
    Effect::new(move |_| {
        answer.with(|answer| {
            if let Some(Ok(view)) = answer {
                draft.take(view.clone());
            }
        });
    });
    let again = move |_| document.reload();
    let state = move || match answer.get() {
        None => view! { <SkeletonRows rows=1 what=t_with(words::READING, &[&name]) /> }.into_any(),
        Some(Err(problem)) => view! { <Failed problem /> }.into_any(),
        Some(Ok(view)) => {
            let daemon = match view.daemon {
                Daemon::Running => t(texts::RUNNING),
                Daemon::Stopped => t(texts::STOPPED),
                Daemon::Missing => t(texts::MISSING),
            };
            let version = view.version.clone().unwrap_or_default();
            let lost = view.lost.iter().map(|(path, why)| {
                view! { <p class="danger t12">{format!("{path}: {why}")}</p> }
            });
            view! {
                <span class="t13">{view.node_name.clone()}</span>
                <span class="t12 i2">{format!("keepalived {version} {daemon}")}</span>
                <span class="t12 i3">{t(texts::READ)}" "<Age of=view.read_at /></span>
                {lost.collect_view()}
            }
            .into_any()
        }
    };
    view! {
        <div class="row g8">
            {state}
            <Button kind=Kind::Quiet size=crate::ui::Size::Small on_click=again>{t(texts::READ_AGAIN)}</Button>
        </div>
    }
}

#[component]
fn Actions(
    draft: Draft,
    is_new: RwSignal<bool>,
    opened: RwSignal<Option<Opened>>,
) -> impl IntoView {
    let operation = Signal::derive(move || Operation::VrrpDeploy { nodes: draft.changes() });
    let nothing = Signal::derive(move || {
        draft.edited().is_empty().then(|| t(texts::NOTHING_EDITED).to_owned())
    });
    let label = Signal::derive(move || match draft.edited_nodes() {
        none if none.is_empty() => t(texts::DEPLOY_NOTHING).to_owned(),
        nodes => t_with(texts::DEPLOY, &[&nodes.join(", ")]),
    });
    let discard = move |_| draft.discard();
    view! {
        <New is_new />
        <span class="wide-only">
            <Button on_click=move |_| opened.set(Some(Opened::Protection))>{t(protect_texts::TITLE)}</Button>
        </span>
        <span class="wide-only">
            <Button on_click=move |_| opened.set(Some(Opened::Notification))>{t(notify_texts::TITLE)}</Button>
        </span>
        <span class="wide-only">
            <Button on_click=discard disabled=nothing>{t(texts::DISCARD)}</Button>
        </span>
        <span class="wide-only">
            <OperationButton operation label kind=Kind::Primary disabled=nothing />
        </span>
    }
}

#[component]
fn Editor(draft: Draft) -> impl IntoView {
    let shown_as = RwSignal::new(As::Form);
    let files = Signal::derive(move || {
        let files = draft.files();
        files.into_iter().map(|(chosen, label)| (Some(chosen), label)).collect::<Vec<_>>()
    });
    let ways = vec![(As::Form, t(texts::FORM).to_owned()), (As::Text, t(texts::TEXT).to_owned())];
    let body = move || match (draft.chosen.get(), shown_as.get()) {
        (None, _) => ().into_any(),
        (Some(chosen), As::Form) => view! { <form::Form draft chosen /> }.into_any(),
        (Some(chosen), As::Text) => view! { <Text draft chosen /> }.into_any(),
    };
    let ways = Signal::stored(ways);
    view! {
        <div class="plates vc">
            <Plate
                first=true
                title=t(texts::FILE)
                actions=ViewFn::from(move || {
                    view! { <Segmented label=t(texts::SHOWN_AS) options=ways chosen=shown_as /> }
                })
            >
                <div class="vc-files"><Segmented label=t(texts::FILE) options=files chosen=draft.chosen /></div>
                {body}
            </Plate>
            <div class="vc-side">
                <findings::Findings draft />
                <findings::Differences draft />
            </div>
        </div>
    }
}

#[component]
fn Text(draft: Draft, chosen: Chosen) -> impl IntoView {
    let of = chosen.clone();
    let text = Memo::new(move |_| draft.text(&of));
    let rows = text.with_untracked(|text| text.lines().count().clamp(20, 60));
    view! {
        <textarea
            class="inp vc-text"
            spellcheck="false"
            wrap="off"
            rows=rows
            aria-label=chosen.1.clone()
            prop:value=move || text.get()
            on:input=move |event| draft.write(&chosen, event_target_value(&event))
        ></textarea>
    }
}
