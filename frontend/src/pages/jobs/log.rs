//! The job's log with its filters.

use std::collections::BTreeSet;

use leptos::prelude::*;
use signalbox_domain::ids::NodeId;
use signalbox_domain::jobs::{LogKind, LogLine};

use crate::format;
use crate::locale::t;
use crate::locales::jobs as texts;
use crate::plan::NodeNames;
use crate::ui::{Button, Kind, Log, Segmented, Size};

#[component]
pub(super) fn JobLog(log: ArcRwSignal<Vec<LogLine>>, names: NodeNames) -> impl IntoView {
    let node = RwSignal::new(None::<NodeId>);
    let everything = RwSignal::new(true);
    let following = RwSignal::new(true);
    let all = log.clone();
    let nodes = Memo::new(move |_| {
        all.with(|lines| lines.iter().filter_map(|line| line.node).collect::<BTreeSet<_>>())
    });
    let nodes = Signal::derive(move || {
        let every = (None, t(texts::EVERY_NODE).to_owned());
        let named = nodes.get().into_iter().map(|node| (Some(node), names.get(node)));
        std::iter::once(every).chain(named).collect::<Vec<_>>()
    });
    let shown = Signal::derive(move || {
        let (node, everything) = (node.get(), everything.get());
        let takes = |line: &&LogLine| {
            node.is_none_or(|node| line.node == Some(node))
                && (everything || line.kind != LogKind::Output)
        };
        log.with(|lines| lines.iter().filter(takes).cloned().collect::<Vec<_>>())
    });
    let kinds =
        vec![(false, t(texts::COMMANDS).to_owned()), (true, t(texts::EVERYTHING).to_owned())];
    let who = move |line: LogLine| line.node.map_or(String::new(), |node| names.get(node));
    view! {
        <div class="plh">
            <h2>{t(texts::LOG)}</h2>
            <span class="acts row wrap">
                <Segmented label=t(texts::EVERY_NODE) options=nodes chosen=node />
                <Segmented label=t(texts::EVERYTHING) options=kinds chosen=everything />
                {move || {
                    if following.get() {
                        view! { <span class="t12 i2">{t(texts::FOLLOWING)}</span> }.into_any()
                    } else {
                        view! {
                            <Button kind=Kind::Quiet size=Size::Small on_click=move |_| following.set(true)>
                                {t(texts::FOLLOW)}
                            </Button>
                        }
                            .into_any()
                    }
                }}
            </span>
        </div>
        <Log lines=shown who following />
    }
}

/// The log as text with times in ISO 8601, to be kept or sent to somebody.
pub(super) fn plain(lines: &[LogLine], names: NodeNames) -> String {
    let line = |line: &LogLine| {
        let node = line.node.map_or(String::new(), |node| names.get(node));
        let mark = if line.kind == LogKind::Command { "$ " } else { "" };
        format!("{} {node} {mark}{}\n", format::iso(line.at), line.text)
    };
    lines.iter().map(line).collect()
}
