//! The plan dialog: what exactly will happen, and what stops it.

use std::time::Duration;

use leptos::prelude::*;
use signalbox_domain::fleet::FleetView;
use signalbox_domain::live::Topic;
use signalbox_domain::plan::{Plan, Verdict};
use signalbox_domain::signal::Signal as Aspect;
use signalbox_domain::time::Timestamp;

use super::desk::{Asked, Desk};
use super::prediction::PredictionBar;
use super::steps::{NodeNames, PlanSteps, script};
use crate::live::use_live;
use crate::locale::{say, t, t_with};
use crate::locales::{plan as texts, words};
use crate::shell::{Overlay, overlay};
use crate::ui::{
    Badge, Button, CopyButton, Dialog, Failed, Icon, IconView, Interlocks, Kind, Lamp, Moment,
    Segmented, Sentence, Size, SkeletonRows, tally,
};

/// How often a shown plan is made anew.
const RECHECK_EVERY: Duration = Duration::from_secs(2);

/// Where the dialog appears; once in the frame.
#[component]
pub fn PlanDesk() -> impl IntoView {
    let desk = Desk::get();
    let shown = Memo::new(move |_| {
        desk.asked.with(|asked| asked.as_ref().is_some_and(|asked| asked.shown))
    });
    view! {
        <Show when=move || shown.get()>{Suspend::new(overlay(Overlay::Plan))}</Show>
    }
}

#[component]
pub(crate) fn PlanDialog() -> impl IntoView {
    let desk = Desk::get();
    let plan = Memo::new(move |_| desk.asked.with(|asked| asked.as_ref()?.plan.clone()));
    let title = Memo::new(move |_| {
        plan.with(|plan| match plan {
            Some(Ok(plan)) => say(&plan.draft.title),
            _ => t(texts::MAKING).to_owned(),
        })
    });
    provide_context(ScriptView(RwSignal::new(false)));
    recheck(desk);
    let made = Memo::new(move |_| plan.with(|plan| Some(plan.as_ref()?.as_ref().ok()?.made_at)));
    let head = move || {
        view! {
            <Badge>{t(texts::NOTHING_HAS_RUN)}</Badge>
            <span class="t12 i3 checked">{move || made.get().map(checked)}</span>
        }
    };
    view! {
        <Dialog title class="plan" on_close=move |()| desk.close() head=head>
            {move || match plan.get() {
                None => view! { <SkeletonRows what=t(texts::MAKING) /> }.into_any(),
                Some(Err(problem)) => view! { <Failed problem=problem /> }.into_any(),
                Some(Ok(plan)) => view! { <Body plan=plan /> }.into_any(),
            }}
            <Foot />
        </Dialog>
    }
}

fn checked(made: Timestamp) -> impl IntoView {
    view! {
        <Sentence text=texts::CHECKED>
            <Moment at=made />
        </Sentence>
    }
}

/// Makes the plan anew while it is looked at, so that what is approved is what is.
fn recheck(desk: Desk) {
    Effect::new(move |_| {
        let every = set_interval_with_handle(
            move || {
                let asked = desk.asked.get_untracked();
                if let Some(Asked { operation, plan: Some(plan), starting: false, .. }) = asked {
                    desk.make_plan(operation, plan.ok().map(|plan| plan.id));
                }
            },
            RECHECK_EVERY,
        );
        on_cleanup(move || {
            if let Ok(every) = every {
                every.clear();
            }
        });
    });
}

#[component]
fn Body(plan: Plan) -> impl IntoView {
    let desk = Desk::get();
    let changed =
        move || desk.asked.with(|asked| asked.as_ref().is_some_and(|asked| asked.changed));
    let draft = plan.draft;
    let interlocks = draft.interlocks.clone();
    let mut lamps: Vec<Verdict> = interlocks.iter().map(|interlock| interlock.verdict).collect();
    lamps.sort();
    let ScriptView(as_script) = expect_context();
    let names = NodeNames::new(use_live().watch::<FleetView>(Topic::Fleet));
    let script_text = script(&draft, &names);
    let nodes = names.of_plan(&draft);
    let on_nodes = match nodes.len() {
        1 => t(texts::ONE_NODE).to_owned(),
        many => t_with(texts::NODES, &[&many]),
    };
    let options = vec![(false, t(texts::READABLE).to_owned()), (true, t(texts::SCRIPT).to_owned())];
    view! {
        <div class="plan-body">
            <section class="plan-interlocks">
                <div class="plh">
                    <h2>{t(texts::INTERLOCKS)}</h2>
                    {lamps
                        .into_iter()
                        .map(|verdict| view! { <Lamp aspect=aspect(verdict) size=8 /> })
                        .collect_view()}
                    <span class="acts t12 i2">{tally(&interlocks)}</span>
                </div>
                <div class="scroll" tabindex="0">
                    {move || changed().then(|| view! { <p class="caution t12">{t(texts::CHANGED)}</p> })}
                    <Interlocks interlocks=interlocks />
                </div>
                {draft.prediction.clone().map(|prediction| view! { <PredictionBar prediction=prediction /> })}
            </section>
            <section class="plan-steps">
                <div class="plh">
                    <h2>{t(texts::STEPS)}</h2>
                    <span class="meta">{t_with(texts::STEPS_ON, &[&draft.steps.len(), &on_nodes])}</span>
                    <span class="acts">
                        <Segmented label=t(texts::STEPS) options=options chosen=as_script />
                        <CopyButton text=script_text.clone() />
                    </span>
                </div>
                <div class="scroll" tabindex="0">
                    {
                        let (draft, names) = (draft.clone(), names);
                        move || {
                            if as_script.get() {
                                view! { <pre class="code" tabindex="0">{script_text.clone()}</pre> }.into_any()
                            } else {
                                view! { <PlanSteps draft=draft.clone() names=names /> }.into_any()
                            }
                        }
                    }
                </div>
                <p class="plan-note t12 i2 row">
                    <IconView icon=Icon::Undo2 small=true />
                    {t_with(texts::WAY_BACK, &[&say(&draft.way_back)])}
                </p>
            </section>
        </div>
    }
}

/// Whether commands are shown as a script; kept while the plan is made anew.
#[derive(Clone, Copy)]
struct ScriptView(RwSignal<bool>);

fn aspect(verdict: Verdict) -> Aspect {
    match verdict {
        Verdict::Block => Aspect::Danger,
        Verdict::Warn => Aspect::Caution,
        Verdict::Pass => Aspect::Clear,
    }
}

#[component]
fn Foot() -> impl IntoView {
    let (desk, live) = (Desk::get(), use_live());
    let asked = move || desk.asked.get();
    let plan = move || asked().and_then(|asked| asked.plan?.ok());
    let count = move |verdict| {
        plan()
            .map_or(0, |plan| plan.draft.interlocks.iter().filter(|i| i.verdict == verdict).count())
    };
    let summary = move || match (count(Verdict::Block), count(Verdict::Warn)) {
        (0, 0) => String::new(),
        (0, warns) => t_with(texts::WARNED, &[&warns]),
        (blocks, _) => t_with(texts::BLOCKED, &[&blocks]),
    };
    let closed = Signal::derive(move || {
        let Some(plan) = plan() else { return Some(t(texts::MAKING).to_owned()) };
        if plan.draft.verdict() == Verdict::Block {
            return Some(t_with(texts::BLOCKED, &[&count(Verdict::Block)]));
        }
        (!live.is_fresh()).then(|| t(crate::locales::states::NOT_FRESH).to_owned())
    });
    let starting = Signal::derive(move || asked().is_some_and(|asked| asked.starting));
    let planned = Memo::new(move |_| plan().is_some());
    let label = move || plan().map_or(String::new(), |plan| say(&plan.draft.run_label));
    view! {
        <footer>
            <span class="row t12 i2">
                <IconView icon=Icon::ScrollText small=true />
                <span class="less">{t(texts::RECORDED)}</span>
            </span>
            <span class="sp"></span>
            <span class="t12 i2">{summary}</span>
            <Button kind=Kind::Quiet size=Size::Large on_click=move |_| desk.close()>
                {t(words::CLOSE)}
            </Button>
            // A button names its effect, which only the plan tells.
            <Show when=move || planned.get()>
                <Button
                    kind=Kind::Primary
                    size=Size::Large
                    icon=Icon::LockKeyhole
                    disabled=closed
                    busy=starting
                    on_click=move |_| desk.approve()
                >
                    {move || if starting.get() { t(texts::STARTING).to_owned() } else { label() }}
                </Button>
            </Show>
        </footer>
    }
}
