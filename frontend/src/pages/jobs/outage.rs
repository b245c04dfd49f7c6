//! What a client saw while the job ran.

use leptos::prelude::*;
use signalbox_domain::jobs::{JobView, Measurement};
use signalbox_domain::signal::Signal as Aspect;

use super::graph::{Graph, SIZE, lay_out};
use crate::format;
use crate::locale::{language, t, t_with};
use crate::locales::jobs as texts;
use crate::plan::NodeNames;
use crate::ui::{Lamp, Plate};

#[component]
pub(super) fn Outage(job: Memo<Option<JobView>>, names: NodeNames) -> impl IntoView {
    let measurement = Memo::new(move |_| job.with(|job| job.as_ref()?.measurement.clone()));
    let ended = Memo::new(move |_| {
        job.with(|job| job.as_ref().is_some_and(|j| j.summary.state.is_final()))
    });
    let who = move || {
        measurement.with(|measurement| {
            let m = measurement.as_ref()?;
            Some(t_with(texts::ASKS, &[&names.get(m.node), &m.target, &m.interval_ms]))
        })
    };
    view! {
        <Plate title=t(texts::OUTAGE) meta=Signal::derive(who) class="job-outage">
            {move || match measurement.get() {
                Some(measurement) => view! { <Measured measurement /> }.into_any(),
                None => {
                    let why = if ended.get() { texts::NO_PROBE } else { texts::PROBE_WAITS };
                    view! { <p class="i2">{t(why)}</p> }.into_any()
                }
            }}
        </Plate>
    }
}

#[component]
pub(super) fn Measured(measurement: Measurement) -> impl IntoView {
    let language = language();
    let clean = measurement.lost == 0;
    let words = if clean {
        t_with(texts::NONE_LOST, &[&format::count(measurement.asked)])
    } else {
        let (lost, asked) = (format::count(measurement.lost), format::count(measurement.asked));
        t_with(texts::LOST, &[&lost, &asked])
    };
    let outage = format::span(measurement.outage_ms, measurement.outage_ms, language);
    view! {
        <p class="row">
            <Lamp aspect=if clean { Aspect::Clear } else { Aspect::Danger } />
            <b class="figure">{outage}</b>
            <span class="i2" data-lost=measurement.lost.to_string()>{words.clone()}</span>
        </p>
        {draw(lay_out(&measurement, language), words)}
    }
}

fn draw(graph: Graph, label: String) -> impl IntoView {
    let (width, height) = SIZE;
    let line = |(y, text): (f64, String)| {
        view! {
            <path class="tk-seam" d=format!("M48 {y}H{width}") />
            <text class="tk-note" x="42" y=y + 4.0 text-anchor="end">{text}</text>
        }
    };
    let time = |(x, text): (f64, String)| {
        view! { <text class="tk-note" x=x y=height - 4.0 text-anchor="middle">{text}</text> }
    };
    let gap = graph.outage.map(|(from, to)| {
        view! {
            <rect class="graph-outage" x=from y="8" width=(to - from).max(1.0) height=graph.floor - 8.0 />
        }
    });
    view! {
        <svg class="graph" viewBox=format!("0 0 {width} {height}") role="img" aria-label=label>
            {graph.levels.into_iter().map(line).collect_view()}
            {gap}
            <path class="graph-answers" d=graph.answers />
            <path class="graph-lost" d=graph.lost />
            {graph.times.into_iter().map(time).collect_view()}
        </svg>
    }
}
