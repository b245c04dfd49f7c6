//! What clients will notice: the estimate and its parts to scale.

use leptos::prelude::*;
use signalbox_domain::plan::Prediction;

use crate::format;
use crate::locale::{language, say};

#[component]
pub fn PredictionBar(prediction: Prediction) -> impl IntoView {
    let language = language();
    let span = format::span(prediction.low_ms, prediction.high_ms, language);
    let scale = prediction.high_ms.max(1) as f64;
    let share = |ms: u64| format!("{:.1}%", (ms as f64 / scale).min(1.0) * 100.0);
    let parts: Vec<_> =
        prediction.parts.iter().map(|part| (say(&part.label), part.low_ms, part.high_ms)).collect();
    let segment = |(_, low_ms, _): &(String, u64, u64)| {
        view! { <i style:width=share(*low_ms)></i> }
    };
    let name = |(label, low_ms, high_ms): &(String, u64, u64)| {
        view! {
            <span class="nw">
                {label.clone()} " " <b class="i1">{format::span(*low_ms, *high_ms, language)}</b>
            </span>
        }
    };
    view! {
        <div class="prediction">
            <div class="row">
                <b>{say(&prediction.label)}</b>
                <span class="sp"></span>
                <span class="figure">{span}</span>
            </div>
            <div class="scale" aria-hidden="true">
                {parts.iter().map(segment).collect_view()}
                <i class="rest" style:left=share(prediction.low_ms)></i>
            </div>
            <div class="row wrap t12 i2 g12">{parts.iter().map(name).collect_view()}</div>
            <p class="t12 i3">{say(&prediction.basis)}</p>
        </div>
    }
}
