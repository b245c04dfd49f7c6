//! How old the newest backup of each engine is, against its target.

use leptos::prelude::*;
use signalbox_domain::backups::{BackupKind, Freshness};
use signalbox_domain::fleet::FleetView;
use signalbox_domain::operation::Operation;
use signalbox_domain::signal::Signal as Aspect;
use signalbox_domain::time::Timestamp;

use crate::live::use_live;
use crate::locale::t;
use crate::locales::overview as texts;
use crate::plan::OperationButton;
use crate::ui::{Age, Bar, Lamp, Size, aspect_word};

/// The bar's end is a little beyond the target, so that an overrun is seen.
const TARGET_AT: f64 = 0.75;

#[component]
pub(super) fn Freshnesses(fleet: Memo<Option<FleetView>>) -> impl IntoView {
    let fresh = Memo::new(move |_| {
        fleet.with(|fleet| fleet.as_ref().map_or(Vec::new(), |fleet| fleet.freshness.clone()))
    });
    view! {
        <div class="plh below">
            <h2>{t(texts::FRESHNESS)}</h2>
        </div>
        <div class="plb">
            <ul class="list">
                {move || {
                    let fresh = fresh.get();
                    if fresh.is_empty() {
                        return view! { <li class="row nothing i2">{t(texts::NO_ENGINE)}</li> }.into_any();
                    }
                    fresh.into_iter().map(|freshness| view! { <Row freshness /> }).collect_view().into_any()
                }}
            </ul>
            <p class="t11 i3">{t(texts::TICK)}</p>
        </div>
    }
}

#[component]
fn Row(freshness: Freshness) -> impl IntoView {
    let live = use_live();
    let (newest, target_s) = (freshness.newest_at, freshness.target_age_s);
    let share = Signal::derive(move || newest.map_or(1.0, |at| share(at, live.now(), target_s)));
    let signal = freshness.signal;
    let aspect = Signal::derive(move || live.shown(signal));
    let label = Signal::derive(move || Some(aspect_word(aspect.get()).to_owned()));
    let late = (signal != Aspect::Clear).then_some(signal);
    let operation = Operation::BackupsTake {
        engine: freshness.node,
        kind: BackupKind::HotLogicalFull,
        source: None,
    };
    view! {
        <li class="fresh">
            <Lamp aspect label />
            <a class="plain b el" href="/backups">{freshness.engine.clone()}</a>
            <Bar share label=freshness.engine aspect=late tick=TARGET_AT />
            <span class="tn">
                {match newest {
                    Some(at) => view! { <Age of=at /> }.into_any(),
                    None => t(texts::NEVER).into_any(),
                }}
            </span>
            <OperationButton operation label=t(texts::BACK_UP_NOW).to_owned() size=Size::Small />
        </li>
    }
}

fn share(newest: Timestamp, now: Timestamp, target_s: u64) -> f64 {
    newest.age(now).as_secs_f64() / target_s.max(1) as f64 * TARGET_AT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tick_marks_the_target_age() {
        assert_eq!(share(Timestamp(0), Timestamp(86_400_000), 86_400), TARGET_AT);
        assert_eq!(share(Timestamp(0), Timestamp(0), 0), 0.0);
    }
}
