//! How the console reaches a node, by which key it knows it, and what is installed there.

use leptos::prelude::*;
use signalbox_domain::fleet::FleetView;
use signalbox_domain::ids::NodeId;
use signalbox_domain::nodes::{Link, LinkState, NodeHistory, NodeRecord};
use signalbox_domain::signal::Signal as Aspect;

use super::detail::Seen;
use super::history_path;
use super::host_key::Groups;
use crate::document::use_document;
use crate::locale::{t, t_with};
use crate::locales::nodes as texts;
use crate::plan::NodeNames;
use crate::ui::{Age, Lamp, Moment, Plate, Sentence};

#[component]
pub(super) fn Reach(id: NodeId, seen: Seen, fleet: Memo<Option<FleetView>>) -> impl IntoView {
    let record = seen.part(|node| Some(node.record.clone()));
    let link = seen.part(|node| Some(node.observed.link.clone()));
    let heard_at = seen.part(|node| node.observed.heard_at);
    let clock = seen.part(|node| Some(node.observed.platform.as_ref()?.value.clock_ahead_ms));
    let software = seen.part(|node| {
        Some(node.observed.platform.as_ref()?.value.software.clone()).filter(|all| !all.is_empty())
    });
    let names = NodeNames::new(fleet);
    let versions = move || {
        software.get().map(|all| {
            let versions = all.into_iter().map(|(name, version)| {
                view! {
                    <li class="row wrap">
                        <b>{name}</b>
                        <span class="mono i2">{version}</span>
                    </li>
                }
            });
            view! {
                <dt>{t(texts::SOFTWARE)}</dt>
                <dd>
                    <ul class="node-software">{versions.collect_view()}</ul>
                </dd>
            }
        })
    };
    view! {
        <Plate title=t(texts::REACH) meta=t(texts::OVER_SSH) first=true>
            <dl class="facts">
                {move || record.get().map(|record| entered(record, names))}
                <dt>{t(texts::SESSION)}</dt>
                <dd>{move || link.get().map(|link| session(link, seen))}</dd>
                <dt>{t(texts::LAST_HEARD)}</dt>
                <dd>
                    {move || match heard_at.get() {
                        Some(at) => {
                            view! {
                                <Sentence text=texts::AGO>
                                    <Age of=at />
                                </Sentence>
                            }
                                .into_any()
                        }
                        None => t(texts::NEVER_READ).into_any(),
                    }}
                </dd>
                <dt>{t(texts::CLOCK)}</dt>
                <dd>
                    {move || {
                        clock.get().map(|ahead_ms| t_with(texts::CLOCK_AHEAD, &[&format!("{ahead_ms:+}")]))
                    }}
                </dd>
                {versions}
            </dl>
            <LineLog id seen />
        </Plate>
    }
}

/// What the SSH line went through; shown while it is not up.
#[component]
fn LineLog(id: NodeId, seen: Seen) -> impl IntoView {
    let history = use_document::<NodeHistory>(history_path(id));
    let state = seen.part(|node| Some(node.observed.link.clone()));
    Effect::watch(move || state.get(), move |_, _, _| history.reload(), false);
    let down = Memo::new(move |_| {
        state.with(|link| link.as_ref().is_some_and(|link| link.state != LinkState::Up))
    });
    let lines = move || {
        let links = history.answer().get()?.ok()?.links;
        let newest_first = links.into_iter().rev().map(line_of_log);
        Some(newest_first.collect_view())
    };
    move || {
        down.get().then(|| {
            view! {
                <h3 class="node-log-title">{t(texts::LINE_LOG)}</h3>
                <ol class="node-log">{lines}</ol>
            }
        })
    }
}

fn line_of_log(link: Link) -> impl IntoView {
    view! {
        <li>
            <span class="i3">
                <Moment at=link.since />
            </span>
            <span>{t(texts::link(link.state).unwrap_or(texts::CONNECTED))}</span>
            <span class="mono i2">{link.reason}</span>
        </li>
    }
}

/// What was entered when the node was added.
fn entered(record: NodeRecord, names: NodeNames) -> impl IntoView {
    let through = record.jump.map_or_else(|| t(texts::DIRECTLY).to_owned(), |jump| names.get(jump));
    view! {
        <dt>{t(texts::HOST_KEY)}</dt>
        <dd>
            <Groups fingerprint=record.host_key />
        </dd>
        <dt>{t(texts::LOGIN)}</dt>
        <dd class="mono">{format!("{}@{}:{}", record.user, record.host, record.port)}</dd>
        <dt>{t(texts::ELEVATION)}</dt>
        <dd>{t(texts::elevation(record.elevation))}</dd>
        <dt>{t(texts::THROUGH)}</dt>
        <dd>{through}</dd>
        <dt>{t(texts::ADDED)}</dt>
        <dd>
            <Moment at=record.added_at />
        </dd>
    }
}

fn session(link: Link, seen: Seen) -> impl IntoView {
    let aspect = match link.state {
        LinkState::Up => Aspect::Clear,
        LinkState::Connecting => Aspect::Transit,
        LinkState::Silent => Aspect::Unknown,
        LinkState::Down | LinkState::HostKeyChanged | LinkState::AccessDenied => Aspect::Danger,
    };
    // A broken line is news of its own; only a good one can grow old.
    let aspect = Signal::derive(move || match aspect {
        Aspect::Clear => seen.now(aspect),
        other => other,
    });
    view! {
        <span class="row wrap">
            <Lamp aspect=aspect />
            {t(texts::link(link.state).unwrap_or(texts::CONNECTED))}
            <span class="i3">
                <Sentence text=texts::SINCE_AT>
                    <Moment at=link.since />
                </Sentence>
            </span>
        </span>
        {link.reason.map(|reason| view! { <p class="mono i2 node-reason">{reason}</p> })}
    }
}
