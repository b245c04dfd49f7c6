//! The steps of a job as stations of a line.

use leptos::prelude::*;
use signalbox_domain::jobs::StepState;
use signalbox_domain::signal::Signal as Aspect;

use super::lamp::Lamp;

/// One step as it is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct StepLine {
    pub title: String,
    /// Nodes, progress, or why it failed.
    pub below: String,
    /// Estimated or taken.
    pub time: String,
    pub state: StepState,
}

fn aspect(state: StepState) -> Aspect {
    match state {
        StepState::Planned => Aspect::Unknown,
        StepState::Running | StepState::Undoing => Aspect::Transit,
        StepState::Done => Aspect::Clear,
        StepState::Undone => Aspect::Caution,
        StepState::Failed | StepState::UndoFailed => Aspect::Danger,
    }
}

#[component]
pub fn Steps(#[prop(into)] steps: Signal<Vec<StepLine>>) -> impl IntoView {
    let line = |(index, step): (usize, StepLine)| {
        let running = matches!(step.state, StepState::Running | StepState::Undoing);
        let class = match step.state {
            StepState::Planned => "planned",
            StepState::Done => "done",
            _ => "",
        };
        view! {
            <li class=class aria-current=running.then_some("step")>
                <Lamp aspect=aspect(step.state) />
                <div>
                    <div class="title">{format!("{}. {}", index + 1, step.title)}</div>
                    <div class="t12 i2">{step.below}</div>
                </div>
                <span class="t12 i3 tn">{step.time}</span>
            </li>
        }
    };
    view! {
        <ol class="steps">
            {move || steps.get().into_iter().enumerate().map(line).collect_view()}
        </ol>
    }
}
