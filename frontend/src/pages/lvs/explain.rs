//! Why the chosen service does not work: its path, walked on the real nodes when somebody asks.

use leptos::prelude::*;
use signalbox_domain::access::Permission;
use signalbox_domain::lvs::explain::{Explanation, Mend, WalkStep, WalkVerdict};
use signalbox_domain::operation::Operation;

use super::Page;
use crate::api::{self, Problem};
use crate::boot::may;
use crate::locale::{Text, say, t, t_with};
use crate::locales::{lvs as texts, vrrp};
use crate::plan::OperationButton;
use crate::ui::{Age, Button, Failed, Lamp, Plate, Size, aspect_word};

const EXPLAIN: &str = "/api/v1/lvs/explain";

#[component]
pub(super) fn Why(page: Page) -> impl IntoView {
    let walk = RwSignal::new(None::<Result<Explanation, Problem>>);
    let busy = RwSignal::new(false);
    let id = Memo::new(move |_| page.service.with(|s| s.as_ref().map(|s| s.id.clone())));
    // What was found of one service is nothing of another.
    Effect::watch(move || id.get(), move |_, _, _| walk.set(None), false);
    let ask = move |_| {
        let Some(service) = id.get_untracked() else { return };
        busy.set(true);
        leptos::task::spawn_local(async move {
            let path = format!("{EXPLAIN}?service={service}");
            let answer = api::get::<Explanation>(&path).await;
            if id.try_get_untracked().flatten() == Some(service) {
                let _ = walk.try_set(Some(answer));
            }
            let _ = busy.try_set(false);
        });
    };
    let button = move || {
        may(Permission::LvsProve).then(|| {
            view! {
                <Button size=Size::Small busy=busy on_click=ask>
                    {t(texts::WHY_NOT)}
                </Button>
            }
        })
    };
    view! {
        <Plate title=t(texts::ITS_PATH) class="lvs-walk" actions=button>
            <div aria-live="polite">
                {move || match walk.get() {
                    None => view! { <p class="t12 i2">{t(texts::WHY_NOT_HELP)}</p> }.into_any(),
                    Some(Err(problem)) => view! { <Failed problem /> }.into_any(),
                    Some(Ok(explanation)) => told(page, &explanation).into_any(),
                }}
            </div>
        </Plate>
    }
}

fn told(page: Page, explanation: &Explanation) -> impl IntoView + use<> {
    let first = explanation.first_break.and_then(|at| usize::try_from(at).ok());
    let unknown = explanation.steps.iter().any(|step| step.verdict == WalkVerdict::Unknown);
    let summary = match explanation.first_break() {
        Some(step) => t_with(texts::BREAKS_AT, &[&say(&step.title)]),
        None if unknown => t(texts::NOTHING_BROKEN_SEEN).to_owned(),
        None => t(texts::NOTHING_BROKEN).to_owned(),
    };
    let steps = explanation.steps.iter().enumerate();
    let rows = steps.map(|(at, step)| row(page, step, first == Some(at))).collect_view();
    view! {
        <p class="b" role="status">
            {summary}
            <span class="t12 i3">" · "<Age of=explanation.at /></span>
        </p>
        <ol class="interlocks evidence">{rows}</ol>
    }
}

fn row(page: Page, step: &WalkStep, is_first_break: bool) -> impl IntoView + use<> {
    let aspect = step.verdict.signal();
    let mend = step.mend.as_ref().map(|mend| mended_by(page, step, mend));
    view! {
        <li class:block=is_first_break data-step=step.id.clone() data-verdict=format!("{:?}", step.verdict)>
            <Lamp aspect label=aspect_word(aspect).to_owned() />
            <div>
                <div class:b=is_first_break>{say(&step.title)}": "<span class="i3">{t(word(step.verdict))}</span></div>
                <div class="t12 i2">{say(&step.fact)}</div>
                <div class="t12 i3">
                    {step.source.clone()}
                    {step.observed_at.map(|at| view! { " · " <Age of=at /> })}
                </div>
                {mend}
            </div>
        </li>
    }
}

/// The operation that mends it; else what somebody does by hand, and where.
fn mended_by(page: Page, step: &WalkStep, mend: &Mend) -> impl IntoView + use<> {
    let by = match (mend.operation.clone(), mend.command.clone()) {
        (Some(operation), _) => {
            let label = label(page, &operation);
            view! { <OperationButton operation label size=Size::Small /> }.into_any()
        }
        (None, Some(command)) => view! { <code class="mono">{command}</code> }.into_any(),
        (None, None) => ().into_any(),
    };
    let there = elsewhere(step).map(|(href, words)| view! { <a href=href>{t(words)}</a> });
    view! { <div class="t12 row wrap g6">{say(&mend.words)} {by} {there}</div> }
}

fn label(page: Page, operation: &Operation) -> String {
    match operation {
        Operation::LvsMoveMode { forwarding, .. } => {
            t_with(texts::PREPARE_FOR, &[&texts::forwarding(*forwarding)])
        }
        Operation::LvsSetWeight { server, weight, .. } => {
            t_with(texts::SET_WEIGHT_OF, &[server, weight])
        }
        Operation::LvsChangeService { .. } => t(texts::ADD_SERVICE).to_owned(),
        Operation::VrrpDemote { instance, node } => {
            t_with(vrrp::DEMOTE, &[&page.name_of(*node), &instance.0])
        }
        Operation::VrrpBringBack { node } => t_with(vrrp::BRING_BACK, &[&page.name_of(*node)]),
        other => other.name().to_owned(),
    }
}

/// The page on which it is mended.
fn elsewhere(step: &WalkStep) -> Option<(String, Text)> {
    match (step.id.as_str(), step.node) {
        ("director_filter" | "server_filter", Some(node)) => {
            Some((format!("/firewall/{node}"), texts::OPEN_FIREWALL))
        }
        ("holder", _) => Some(("/vrrp".to_owned(), texts::OPEN_VRRP)),
        _ => None,
    }
}

fn word(verdict: WalkVerdict) -> Text {
    match verdict {
        WalkVerdict::Pass => texts::STEP_PASSES,
        WalkVerdict::Broken => texts::STEP_BROKEN,
        WalkVerdict::Unknown => texts::STEP_UNKNOWN,
    }
}
