//! Estimated against measured, part by part.

use leptos::prelude::*;
use signalbox_domain::jobs::JobView;

use crate::format;
use crate::locale::{language, say, t};
use crate::locales::jobs as texts;

#[component]
pub(super) fn Measured(job: Memo<Option<JobView>>) -> impl IntoView {
    move || {
        let (prediction, measured) = job.with(|job| {
            let job = job.as_ref()?;
            let measured = job.measurement.as_ref().map(|measurement| measurement.outage_ms);
            Some((job.prediction.clone()?, measured))
        })?;
        let language = language();
        let part = |part: signalbox_domain::plan::PredictedPart| {
            view! {
                <dt>{say(&part.label)}</dt>
                <dd>{format::span(part.low_ms, part.high_ms, language)}</dd>
            }
        };
        let total = format::span(prediction.low_ms, prediction.high_ms, language);
        let measured = measured.map_or_else(|| "–".to_owned(), |ms| format::span(ms, ms, language));
        Some(view! {
            <div class="job-measured">
                <b>{say(&prediction.label)}</b>
                <dl>
                    {prediction.parts.into_iter().map(part).collect_view()}
                    <dt class="i1">{t(texts::ESTIMATED_IN_ALL)}</dt>
                    <dd>{total}</dd>
                    <dt class="i1">{t(texts::MEASURED)}</dt>
                    <dd class="b" data-measured="">{measured}</dd>
                </dl>
            </div>
        })
    }
}
