//! What the rules drop, before a change and since.

use leptos::prelude::*;
use signalbox_domain::jobs::{JobView, StepState};
use signalbox_domain::signal::Signal as Aspect;
use signalbox_domain::time::Timestamp;

use super::board::Board;
use super::rates::SPAN_MS;
use super::rules::rate_text;
use crate::locale::{t, t_with};
use crate::locales::firewall as texts;
use crate::ui::{Curve, Lamp, Sparkline};

/// Rules that are shown one by one.
const SHOWN: usize = 3;

/// More than this many times as many, and more than this many more a second, are worth a look.
const TIMES: f64 = 1.5;
const MORE: f64 = 1.0;

#[component]
pub(super) fn Drops(board: Board, job: Memo<Option<JobView>>) -> impl IntoView {
    let changed_at = Memo::new(move |_| job.with(|job| loaded_at(job.as_ref()?)));
    let rates = Memo::new(move |_| {
        let changed_at = changed_at.get()?;
        Some(board.history.with(|history| history.drop_rates(changed_at)))
    });
    let curve = Signal::derive(move || Curve {
        points: board.history.with(|history| history.drops()),
        span_ms: SPAN_MS,
        gap_ms: 30_000,
        max: None,
        limit: None,
    });
    let by_rule = move || {
        let changed_at = changed_at.get()?;
        let new = board.history.with(|history| {
            let new = history.new_drops(changed_at).into_iter().take(SHOWN);
            let told = new.map(|(key, rate)| (format!("{} {}", key.chain, key.text), rate));
            told.collect::<Vec<_>>()
        });
        let line = |(rule, rate): (String, f64)| {
            view! {
                <li class="drop-rule">
                    <code class="mono">{rule}</code>
                    <span class="tn">{t_with(texts::PER_S, &[&rate_text(rate)])}</span>
                </li>
            }
        };
        (!new.is_empty()).then(|| {
            view! {
                <p class="t12 i2">{t(texts::DROPPED_BY)}</p>
                <ul>{new.into_iter().map(line).collect_view()}</ul>
            }
        })
    };
    move || {
        let (before, since) = rates.get()?;
        let told = |rate: Option<f64>| rate.map_or_else(|| "?".to_owned(), rate_text);
        let text = format!("{} \u{2192} {}", told(before), told(since));
        Some(view! {
            <div class="confirm-drops" data-drops>
                <p class="row g10">
                    <Lamp aspect=aspect(before, since) size=10 />
                    <span>{t(texts::DROPPED_PER_S)}</span>
                    <span class="sp"></span>
                    <span class="t12 i2 tn">{text}</span>
                </p>
                <Sparkline curve />
                {by_rule}
            </div>
        })
    }
}

fn aspect(before: Option<f64>, since: Option<f64>) -> Aspect {
    match (before, since) {
        (Some(before), Some(since)) if since > before * TIMES && since > before + MORE => {
            Aspect::Caution
        }
        (Some(_), Some(_)) => Aspect::Clear,
        _ => Aspect::Unknown,
    }
}

/// When the first node had what the job loads.
fn loaded_at(job: &JobView) -> Option<Timestamp> {
    let loads = job.steps.iter().filter(|step| step.id.starts_with("load"));
    let done = loads.filter(|step| step.state == StepState::Done);
    done.filter_map(|step| step.finished_at).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_many_more_drops_are_worth_a_look() {
        assert_eq!(aspect(Some(8.0), Some(19.0)), Aspect::Caution);
        assert_eq!(aspect(Some(0.0), Some(0.6)), Aspect::Clear);
        assert_eq!(aspect(Some(100.0), Some(120.0)), Aspect::Clear);
        assert_eq!(aspect(None, Some(1.0)), Aspect::Unknown);
    }
}
