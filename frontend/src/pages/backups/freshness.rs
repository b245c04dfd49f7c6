//! A key figure for each replication tree: how old its newest backup is, and the next one.

use std::time::Duration;

use leptos::prelude::*;
use signalbox_domain::backups::{BackupKind, BackupsView, Freshness};
use signalbox_domain::operation::Operation;

use crate::format;
use crate::live::use_live;
use crate::locale::{language, say, t, t_with};
use crate::locales::backups as texts;
use crate::plan::OperationButton;
use crate::ui::{Age, Empty, Kind, Lamp, aspect_word};

#[component]
pub(super) fn Trees(backups: Memo<Option<BackupsView>>) -> impl IntoView {
    let trees = Memo::new(move |_| {
        backups.with(|b| b.as_ref().map(|b| b.freshness.clone()).unwrap_or_default())
    });
    view! {
        <div class="backups-trees">
            {move || {
                let trees = trees.get();
                if trees.is_empty() {
                    return view! {
                        <section class="plate">
                            <Empty title=t(texts::NO_ENGINE) text=t(texts::NO_ENGINE_HELP) />
                        </section>
                    }
                        .into_any();
                }
                trees.into_iter().map(|tree| view! { <Tree tree /> }).collect_view().into_any()
            }}
        </div>
    }
}

#[component]
fn Tree(tree: Freshness) -> impl IntoView {
    let live = use_live();
    let signal = tree.signal;
    let aspect = Memo::new(move |_| live.shown(signal));
    let target = format::limit(Duration::from_secs(tree.target_age_s), language());
    let operation = Operation::BackupsTake {
        engine: tree.node,
        kind: BackupKind::HotLogicalFull,
        source: None,
    };
    view! {
        <section class="plate backups-tree">
            <div class="row">
                {move || view! { <Lamp aspect=aspect.get() label=aspect_word(aspect.get()).to_owned() /> }}
                <h2>{tree.engine.clone()}</h2>
                <span class="sp"></span>
                <span class="i3 t12">{t_with(texts::TARGET, &[&target])}</span>
            </div>
            <div class="row">
                <span class="figure">
                    {match tree.newest_at {
                        Some(at) => view! { <Age of=at /> }.into_any(),
                        None => t(texts::NEVER).into_any(),
                    }}
                </span>
                {tree.newest_at.map(|_| view! { <span class="i2 t12">{t(texts::SINCE_FULL)}</span> })}
                <span class="sp"></span>
                <OperationButton operation label=t(texts::BACK_UP_NOW).to_owned() kind=Kind::Primary />
            </div>
            <p class="t12 i2">{tree.note.as_ref().map(say)}</p>
        </section>
    }
}
