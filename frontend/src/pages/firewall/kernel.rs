//! The packet sent for real, and the kernel's own word beside the simulation's.

use std::collections::BTreeMap;

use leptos::prelude::*;
use signalbox_domain::firewall::kernel_trace::{
    Comparison, NotSendable, SentPacket, StepVerdict, Traced, TracedRow, TracedStep,
};
use signalbox_domain::ids::JobId;
use signalbox_domain::jobs::{JobState, JobSummary, JobView};
use signalbox_domain::live::Topic;
use signalbox_domain::operation::Operation;
use signalbox_domain::signal::Signal as Aspect;

use super::board::Board;
use super::tracer::Traces;
use crate::live::use_live;
use crate::locale::{Text, say, t, t_with};
use crate::locales::firewall as texts;
use crate::plan::OperationButton;
use crate::ui::{Age, Lamp, Sentence};

#[component]
pub(super) fn Kernel(board: Board, traces: Traces) -> impl IntoView {
    let sent = Memo::new(move |_| {
        let packet = traces.packet.get().ok()?;
        Some(SentPacket::of(&packet))
    });
    let operation = Memo::new(move |_| {
        let packet = sent.get()?.ok()?;
        Some(Operation::FirewallTrace { node: board.node, tool: board.tool.get()?, packet })
    });
    let is_sendable = Memo::new(move |_| operation.with(Option::is_some));
    let button = move || {
        is_sendable.get();
        let first = operation.get_untracked()?;
        let operation = Signal::derive(move || operation.get().unwrap_or_else(|| first.clone()));
        Some(view! { <OperationButton operation label=t(texts::SEND_IT).to_owned() /> })
    };
    let why_not = move || {
        let why = sent.get()?.err()?;
        Some(view! { <p class="fw-kernel-note t12 i2">{t(not_sendable(why))}</p> })
    };
    let jobs = use_live().watch::<BTreeMap<JobId, JobSummary>>(Topic::Jobs);
    let job = Memo::new(move |_| {
        let wanted = operation.get()?;
        jobs.with(|jobs| {
            let jobs = jobs.iter().flat_map(BTreeMap::values);
            jobs.filter(|job| job.operation == wanted).map(|job| job.id).max()
        })
    });
    view! {
        <div class="plh">
            <h2>{t(texts::IN_KERNEL)}</h2>
            <span class="acts">{button}</span>
        </div>
        {why_not}
        {move || match job.get() {
            Some(id) => view! { <OfJob id /> }.into_any(),
            None if is_sendable.get() => {
                view! { <p class="fw-kernel-note t12 i2">{t(texts::SEND_IT_HELP)}</p> }.into_any()
            }
            None => ().into_any(),
        }}
    }
}

fn not_sendable(why: NotSendable) -> Text {
    match why {
        NotSendable::Protocol => texts::NOT_SENT_PROTOCOL,
        NotSendable::State => texts::NOT_SENT_STATE,
        NotSendable::Port => texts::BAD_PORT,
    }
}

#[component]
fn OfJob(id: JobId) -> impl IntoView {
    let job = use_live().watch::<JobView>(Topic::Job(id));
    let shown = Memo::new(move |_| {
        job.with(|job| {
            let job = job.as_ref()?;
            Some((job.summary.state, say(&job.summary.status), job.traced.clone()))
        })
    });
    move || {
        let (state, status, traced) = shown.get()?;
        let of_job =
            view! { <a class="t12" href=format!("/jobs/{id}")>{t_with(texts::BY_JOB, &[&id])}</a> };
        Some(match traced.filter(|_| state == JobState::Done) {
            Some(traced) => view! { <Told traced>{of_job}</Told> }.into_any(),
            None => view! {
                <p class="fw-kernel-note row g6" role="status">
                    <Lamp aspect=state.signal() size=10 />
                    <span>{status}</span>
                    {of_job}
                </p>
            }
            .into_any(),
        })
    }
}

#[component]
fn Told(traced: Traced, children: Children) -> impl IntoView {
    let Traced { at, comparison, why, rows } = traced;
    let (aspect, verdict) = match comparison {
        Comparison::Agrees => (Aspect::Clear, t(texts::KERNEL_AGREES).to_owned()),
        Comparison::AgreesSoFar => (Aspect::Clear, t(texts::KERNEL_AGREES_SO_FAR).to_owned()),
        Comparison::Differs { row } => {
            (Aspect::Danger, t_with(texts::KERNEL_DIFFERS, &[&(row + 1)]))
        }
        Comparison::Nothing => (Aspect::Caution, t(texts::KERNEL_SAW_NOTHING).to_owned()),
    };
    let from = match comparison {
        Comparison::Differs { row } => row,
        _ => rows.len(),
    };
    let lines = rows.into_iter().enumerate().map(|(at, row)| line(row, at >= from));
    let reasons = why.iter().map(|phrase| view! { <li>{say(phrase)}</li> }).collect_view();
    view! {
        <p class="fw-kernel-note row g6" role="status" data-kernel="">
            <Lamp aspect size=10 />
            <b>{verdict}</b>
            <span class="t12 i2"><Sentence text=texts::AGO><Age of=at /></Sentence></span>
            <span class="sp"></span>
            {children()}
        </p>
        <ul class="fw-kernel-why t12 i2">{reasons}</ul>
        <table class="fw-kernel">
            <thead>
                <tr>
                    <th scope="col">{t(texts::SIMULATED)}</th>
                    <th scope="col">{t(texts::KERNELS)}</th>
                </tr>
            </thead>
            <tbody>{lines.collect_view()}</tbody>
        </table>
    }
}

fn line(row: TracedRow, differs: bool) -> impl IntoView {
    let doubt = row.foretold.as_ref().is_some_and(|it| it.in_doubt).then(|| {
        view! { <span class="t12 caution">{t(texts::MAYBE)}</span> }
    });
    let cell = |step: Option<&TracedStep>| match step {
        Some(step) => view! {
            <span class="title">{told(step)}</span>
            <span class="t12 i3">{step.table.clone()}</span>
        }
        .into_any(),
        None => view! { <span class="i3">"–"</span> }.into_any(),
    };
    view! {
        <tr class:differs=differs>
            <td>{cell(row.foretold.as_ref().map(|it| &it.step))}{doubt}</td>
            <td>{cell(row.kernel.as_ref())}</td>
        </tr>
    }
}

fn told(step: &TracedStep) -> String {
    let does = match &step.verdict {
        Some(StepVerdict::Accept) => "ACCEPT".to_owned(),
        Some(StepVerdict::Drop) => "DROP".to_owned(),
        Some(StepVerdict::Return) => "RETURN".to_owned(),
        Some(StepVerdict::Continue) => t(texts::CONTINUES).to_owned(),
        Some(StepVerdict::Jump { chain }) => t_with(texts::JUMP, &[chain]),
        Some(StepVerdict::Goto { chain }) => t_with(texts::GOTO, &[chain]),
        Some(StepVerdict::Other { word }) => word.clone(),
        None => "?".to_owned(),
    };
    match step.rule {
        Some(rule) => t_with(texts::RULE_DOES, &[&step.chain, &rule, &does]),
        None => t_with(texts::POLICY_DOES, &[&step.chain, &does]),
    }
}
