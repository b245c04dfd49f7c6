//! Follows a packet through the live rules and the draft, as one types.

use leptos::prelude::*;
use signalbox_domain::firewall::{
    Deed, FirewallView, Outcome, Packet, Ruleset, Step, TableName, Trace, Truth, trace,
};
use signalbox_domain::signal::Signal as Aspect;

use super::board::Board;
use super::kernel::Kernel;
use super::packet::{Question, Wrong, host};
use super::sets::found;
use crate::locale::{Text, say, t, t_with};
use crate::locales::firewall as texts;
use crate::ui::{Field, Lamp, Plate, Segmented, Select};

/// The two traces, made anew whenever the packet or the rules change.
#[derive(Clone, Copy)]
pub(super) struct Traces {
    pub(super) live: Memo<Option<Trace>>,
    pub(super) draft: Memo<Option<Trace>>,
    pub(super) packet: Memo<Result<Packet, Wrong>>,
    wrong: Memo<Option<Wrong>>,
    pub(super) shows_draft: RwSignal<bool>,
    /// The one whose way is drawn.
    pub(super) shown: Memo<Option<Trace>>,
}

impl Traces {
    pub(super) fn new(board: Board, question: Question) -> Traces {
        let known = Memo::new(move |_| {
            let known = |view: &FirewallView| (view.addresses.clone(), view.sets.clone());
            board.view.with(|view| view.as_ref().map(known))
        });
        let host = Memo::new(move |_| {
            known.track();
            board.view.with_untracked(|view| view.as_ref().map(host))
        });
        let packet = Memo::new(move |_| {
            let family = board.tool.get().map(|tool| tool.family());
            question.typed().packet(family.unwrap_or(signalbox_domain::firewall::Family::V4))
        });
        let follow = move |rules: &Ruleset| {
            let packet = packet.get().ok()?;
            host.with(|host| Some(trace(rules, &packet, host.as_ref()?)))
        };
        let live = Memo::new(move |_| board.live.with(|rules| follow(rules)));
        let draft = Memo::new(move |_| follow(&*board.draft.get()?));
        let shows_draft = RwSignal::new(true);
        Traces {
            live,
            draft,
            packet,
            wrong: Memo::new(move |_| packet.with(|packet| packet.as_ref().err().copied())),
            shows_draft,
            shown: Memo::new(move |_| draft.get().filter(|_| shows_draft.get()).or(live.get())),
        }
    }
}

#[component]
pub(super) fn Tracer(board: Board, question: Question, traces: Traces) -> impl IntoView {
    let swap = move || {
        view! {
            <button type="button" class="btn quiet sm" on:click=move |_| question.swap()>
                {t(texts::SWAP)}
            </button>
        }
    };
    view! {
        <Plate title=t(texts::TRACER) flush=true class="fw-tracer" actions=swap>
            <Form board question traces />
            <div class="fw-verdicts">
                <Verdict name=texts::LIVE_RULES trace=traces.live />
                <Verdict name=texts::DRAFT trace=traces.draft draft=true />
            </div>
            <Path board traces />
            <Kernel board traces />
        </Plate>
    }
}

#[component]
fn Form(board: Board, question: Question, traces: Traces) -> impl IntoView {
    let error = move |of: Wrong, text: Text| {
        Signal::derive(move || (traces.wrong.get() == Some(of)).then(|| t(text).to_owned()))
    };
    let interfaces = Signal::derive(move || {
        let mut names = vec![(String::new(), t(texts::NOT_SAID).to_owned())];
        board.view.with(|view| {
            for own in view.iter().flat_map(|view| &view.addresses) {
                if !names.iter().any(|(name, _)| *name == own.interface) {
                    names.push((own.interface.clone(), own.interface.clone()));
                }
            }
        });
        names
    });
    let states = ["NEW", "ESTABLISHED", "RELATED", "INVALID", "UNTRACKED"];
    let states = states.map(|state| (state.to_owned(), state.to_owned())).to_vec();
    let ways = [("in", texts::WAY_IN), ("forward", texts::WAY_FORWARD), ("out", texts::WAY_OUT)];
    let ways = ways.map(|(value, text)| (value.to_owned(), t(text).to_owned())).to_vec();
    let has_port = Memo::new(move |_| question.typed().has_port());
    let crosses = move || {
        let leaves = question.direction.with(|direction| direction == "out");
        t(if leaves { texts::LEAVES } else { texts::ARRIVES })
    };
    view! {
        <div class="fw-ask">
            <Field label=t(texts::FROM) name="trace-from" value=question.from mono=true error=error(Wrong::From, texts::BAD_ADDRESS) />
            <Field label=t(texts::TO) name="trace-to" value=question.to mono=true error=error(Wrong::To, texts::BAD_ADDRESS) />
            <Field label=t(texts::TRACE_PROTOCOL) name="trace-protocol" value=question.protocol mono=true error=error(Wrong::Protocol, texts::BAD_PROTOCOL) />
            <div class:fw-off=move || !has_port.get()>
                <Field label=t(texts::TRACE_PORT) name="trace-port" value=question.port mono=true error=error(Wrong::Port, texts::BAD_PORT) />
            </div>
            {move || {
                view! { <Select label=crosses() name="trace-interface" options=interfaces chosen=question.interface /> }
            }}
            <Select label=t(texts::STATE) name="trace-state" options=Signal::stored(states) chosen=question.state />
            <Select label=t(texts::WAY) name="trace-way" options=Signal::stored(ways) chosen=question.direction />
        </div>
    }
}

#[component]
fn Verdict(name: Text, trace: Memo<Option<Trace>>, #[prop(optional)] draft: bool) -> impl IntoView {
    let told = move || {
        trace.with(|trace| match trace {
            None => view! { <span class="i3">{t(texts::NO_DRAFT)}</span> }.into_any(),
            Some(trace) => {
                let (aspect, word) = verdict(&trace.outcome);
                view! {
                    <span class="row g6">
                        <Lamp aspect size=10 />
                        <b>{t(word)}</b>
                        <span class="t12 i2 el">{deciding(trace)}</span>
                    </span>
                }
                .into_any()
            }
        })
    };
    view! {
        <div class="fw-verdict" class:draft=draft>
            <span class="t12 i2">{t(name)}</span>
            {told}
        </div>
    }
}

fn verdict(outcome: &Outcome) -> (Aspect, Text) {
    match outcome {
        Outcome::Accepted => (Aspect::Clear, texts::ACCEPTED),
        Outcome::Dropped => (Aspect::Danger, texts::DROPPED),
        Outcome::Rejected { .. } => (Aspect::Danger, texts::REJECTED),
        Outcome::Unknown { .. } => (Aspect::Unknown, texts::MAY_BE),
    }
}

/// The step that the outcome rests on. A packet that came through was let go last by the table
/// filter, whatever mangle or nat said after it.
fn decider(trace: &Trace) -> Option<&Step> {
    let decides = |step: &&Step| {
        matches!(
            step.deed,
            Deed::Accept
                | Deed::Drop
                | Deed::Reject { .. }
                | Deed::Policy { .. }
                | Deed::Unknown { .. }
        )
    };
    let doubt = trace.steps.iter().find(|step| step.truth == Truth::Unknown);
    let filter = trace.steps.iter().filter(decides).rfind(|step| step.table == TableName::Filter);
    let last = trace.steps.iter().rfind(decides);
    match trace.outcome {
        Outcome::Unknown { .. } => doubt.or(last),
        Outcome::Accepted => filter.or(last),
        _ => last,
    }
}

fn deciding(trace: &Trace) -> String {
    match decider(trace) {
        None => t(texts::BY_NOTHING).to_owned(),
        Some(Step { table, chain, rule: Some(rule), .. }) => {
            t_with(texts::BY_RULE, &[table, chain, rule])
        }
        Some(Step { table, chain, .. }) => t_with(texts::BY_POLICY, &[table, chain]),
    }
}

fn deed(deed: &Deed) -> String {
    match deed {
        Deed::Jump { chain } => t_with(texts::JUMP, &[chain]),
        Deed::Goto { chain } => t_with(texts::GOTO, &[chain]),
        Deed::Continue { target: None } => t(texts::COUNTS).to_owned(),
        Deed::Continue { target: Some(target) } => t_with(texts::GOES_ON, &[target]),
        Deed::Unknown { target } => t_with(texts::UNKNOWN_TARGET, &[target]),
        other => other.to_string(),
    }
}

#[component]
fn Path(board: Board, traces: Traces) -> impl IntoView {
    let has_draft = Memo::new(move |_| traces.draft.with(Option::is_some));
    let title = move || {
        let draft = has_draft.get() && traces.shows_draft.get();
        t(if draft { texts::PATH_DRAFT } else { texts::PATH_LIVE })
    };
    let options = vec![(false, t(texts::LIVE).to_owned()), (true, t(texts::DRAFT).to_owned())];
    let choice = move || {
        has_draft.get().then(|| {
            view! {
                <Segmented label=t(texts::TRACER) options=Signal::stored(options.clone()) chosen=traces.shows_draft />
            }
        })
    };
    let steps = move || {
        let rules = if has_draft.get() && traces.shows_draft.get() {
            board.shown()
        } else {
            board.live.get()
        };
        traces.shown.with(|trace| trace.as_ref().map(|trace| path(trace, &rules)))
    };
    view! {
        <div class="plh">
            <h2>{title}</h2>
            <span class="acts">{choice}</span>
        </div>
        <ol class="fw-path" data-path="">{steps}</ol>
    }
}

fn path(trace: &Trace, rules: &Ruleset) -> impl IntoView + use<> {
    let last = trace.steps.len().saturating_sub(1);
    let step = |(at, step): (usize, &Step)| {
        let deed = deed(&step.deed);
        let text = step.rule.and_then(|rule| {
            let chain = rules.table(step.table)?.chain(&step.chain)?;
            chain.rules.get(rule.checked_sub(1)?).map(|rule| rule.text.clone())
        });
        let title = match step.rule {
            Some(rule) => t_with(texts::RULE_DOES, &[&step.chain, &rule, &deed]),
            None => t_with(texts::POLICY_DOES, &[&step.chain, &deed]),
        };
        let stops =
            at == last && matches!(trace.outcome, Outcome::Dropped | Outcome::Rejected { .. });
        let sets = step.sets.iter().map(|set| {
            view! { <span class="t12 i2">{found(set)}</span> }
        });
        let doubt = (step.truth == Truth::Unknown).then(|| {
            view! { <span class="t12 caution">{t(texts::MAYBE)}</span> }
        });
        view! {
            <li class:stops=stops class:doubt=step.truth == Truth::Unknown>
                <span class="title">{title}</span>
                <span class="t12 i3">{format!("{} {}", step.hook, step.table)}</span>
                {text.map(|text| view! { <code class="i2">{text}</code> })}
                {sets.collect_view()}
                {doubt}
            </li>
        }
    };
    let steps = trace.steps.iter().enumerate().map(step).collect_view();
    let leaves = (trace.outcome == Outcome::Accepted).then(|| {
        let packet = &trace.packet;
        view! {
            <li class="leaves">
                <span class="title">{t_with(texts::LEAVES_AS, &[&packet.source, &packet.destination])}</span>
            </li>
        }
    });
    let assumed = (!trace.assumptions.is_empty()).then(|| {
        let lines = trace
            .assumptions
            .iter()
            .map(|phrase| view! { <span class="t12 i2">{say(phrase)}</span> });
        view! {
            <li class="assumed">
                <span class="cap">{t(texts::ASSUMES)}</span>
                {lines.collect_view()}
            </li>
        }
    });
    view! {
        {steps}
        {leaves}
        {assumed}
    }
}
