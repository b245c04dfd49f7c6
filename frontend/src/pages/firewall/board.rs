//! What the parts of the page share: the rules as they are, the draft, and what is chosen.

use std::collections::BTreeMap;
use std::sync::Arc;

use leptos::prelude::*;
use signalbox_domain::firewall::diff::{Diff, diff};
use signalbox_domain::firewall::draft::{Edit, EditError, counted, edit};
use signalbox_domain::firewall::needs::way_in;
use signalbox_domain::firewall::{
    Backend, Family, Finding, FirewallView, Outcome, Ruleset, TableName, Tool, canonical, lint,
    missing_sets, trace,
};
use signalbox_domain::fleet::FleetView;
use signalbox_domain::ids::{JobId, NodeId};
use signalbox_domain::jobs::{JobState, JobSummary};
use signalbox_domain::live::Topic;

use super::kept::{self, Kept};
use super::packet::host;
use super::rates::History;
use crate::live::use_live;

#[derive(Clone, Copy)]
pub(super) struct Board {
    pub(super) node: NodeId,
    pub(super) view: Memo<Option<FirewallView>>,
    /// What was chosen among several; else the one that a person means.
    pub(super) chosen_tool: RwSignal<String>,
    pub(super) tool: Memo<Option<Tool>>,
    /// Of the live rules.
    pub(super) digest: Memo<String>,
    pub(super) live: Memo<Arc<Ruleset>>,
    pub(super) kept: RwSignal<Option<Kept>>,
    pub(super) draft: Memo<Option<Arc<Ruleset>>>,
    pub(super) diff: Memo<Arc<Diff>>,
    pub(super) findings: Memo<Arc<Vec<Finding>>>,
    /// The rule that lets the console itself in, where one does.
    pub(super) console: Memo<Option<(TableName, String, usize)>>,
    pub(super) place: RwSignal<(TableName, String)>,
    /// The rule that edits are about, by its place in the chain.
    pub(super) selected: RwSignal<Option<usize>>,
    pub(super) history: RwSignal<History>,
    /// What the node has, it keeps: no job may take it back, or has.
    pub(super) is_settled: Memo<bool>,
}

impl Board {
    pub(super) fn new(node: NodeId, view: Memo<Option<FirewallView>>) -> Board {
        let chosen_tool = RwSignal::new(String::new());
        let tool = Memo::new(move |_| {
            let chosen = chosen_tool.with(|chosen| chosen.parse().ok());
            view.with(|view| chosen.or(view.as_ref()?.main_tool()))
        });
        let digest = Memo::new(move |_| {
            let of = |view: &FirewallView| Some(view.rulesets.get(&tool.get()?)?.digest.clone());
            view.with(|view| view.as_ref().and_then(of)).unwrap_or_default()
        });
        let live = Memo::new(move |_| {
            digest.track();
            let tool = tool.get();
            Arc::new(view.with_untracked(|view| ruleset(view.as_ref(), tool)))
        });
        let kept = RwSignal::new(None::<Kept>);
        let draft = Memo::new(move |_| {
            let tool = tool.get()?;
            kept.with(|kept| tool.parse(&kept.as_ref()?.text).ok()).map(Arc::new)
        });
        let changes = Memo::new(move |_| {
            let draft = draft.get();
            Arc::new(draft.map(|draft| live.with(|live| diff(live, &draft))).unwrap_or_default())
        });
        let sets = Memo::new(move |_| {
            view.with(|view| view.as_ref().map(|view| view.sets.clone())).unwrap_or_default()
        });
        let findings = Memo::new(move |_| {
            let rules = draft.get().unwrap_or_else(|| live.get());
            let mut findings = sets.with(|sets| missing_sets(&rules, sets));
            findings.extend(lint(&rules));
            Arc::new(findings)
        });
        let console = Memo::new(move |_| {
            let rules = draft.get().unwrap_or_else(|| live.get());
            view.with(|view| lets_console_in(&rules, view.as_ref()?))
        });
        let board = Board {
            node,
            view,
            chosen_tool,
            tool,
            digest,
            live,
            kept,
            draft,
            diff: changes,
            findings,
            console,
            place: RwSignal::new((TableName::Filter, "INPUT".to_owned())),
            selected: RwSignal::new(None),
            history: RwSignal::new(History::default()),
            is_settled: is_settled(node),
        };
        board.remember();
        board
    }

    /// Only a browser keeps drafts and sees counters go on.
    fn remember(self) {
        Effect::new(move |_| {
            let kept = self.tool.get().and_then(|tool| kept::read(self.node, tool));
            self.kept.set(kept);
        });
        let is_applied = Memo::new(move |_| self.is_applied());
        Effect::new(move |_| {
            if is_applied.get() && self.is_settled.get() {
                self.keep(None);
            }
        });
        Effect::new(move |_| {
            let Some(tool) = self.tool.get() else { return };
            let live = self.live.get();
            self.view.with(|view| {
                let Some(view) = view else { return };
                let Some(rules) = view.rulesets.get(&tool) else { return };
                self.history
                    .update(|history| history.observe(view.observed_at, &live, &rules.counters));
            });
        });
    }

    /// The node has what the draft wants.
    pub(super) fn is_applied(self) -> bool {
        let live = self.live.get();
        self.kept.with(|kept| kept.as_ref().is_some_and(|kept| kept.text == canonical(&live)))
    }

    /// The draft where there is one, else the rules as they are.
    pub(super) fn shown(self) -> Arc<Ruleset> {
        self.draft.get().unwrap_or_else(|| self.live.get())
    }

    pub(super) fn family(self) -> Family {
        self.tool.get_untracked().map_or(Family::V4, Tool::family)
    }

    pub(super) fn edit(self, change: &Edit) -> Result<(), EditError> {
        let from = self.draft.get_untracked().unwrap_or_else(|| self.live.get_untracked());
        self.put(&edit(&from, change)?);
        Ok(())
    }

    /// Makes these rules the draft; none is needed for the rules as they are.
    pub(super) fn put(self, rules: &Ruleset) {
        let text = canonical(rules);
        let live = self.live.with_untracked(|live| canonical(live));
        let kept = self.kept.get_untracked().unwrap_or_else(|| Kept {
            base: self.digest.get_untracked(),
            from: live.clone(),
            text: String::new(),
        });
        self.keep((text != kept.from).then_some(Kept { text, ..kept }));
    }

    pub(super) fn keep(self, kept: Option<Kept>) {
        if let Some(tool) = self.tool.get_untracked() {
            kept::write(self.node, tool, kept.as_ref());
        }
        self.kept.set(kept);
    }

    pub(super) fn choose(self, table: TableName, chain: &str) {
        self.selected.set(None);
        self.place.set((table, chain.to_owned()));
    }
}

/// Until somebody kept what is new it may go, and then the draft is needed again; that it went is
/// seen a little later than the job's end.
fn is_settled(node: NodeId) -> Memo<bool> {
    let live = use_live();
    let fleet = live.watch::<FleetView>(Topic::Fleet);
    let jobs = live.watch::<BTreeMap<JobId, JobSummary>>(Topic::Jobs);
    let is_undecided = move || {
        fleet.with(|fleet| {
            let mut running = fleet.iter().flat_map(|fleet| &fleet.running);
            running.any(|job| job.operation.filters().contains(&node))
        })
    };
    let was_given_up = move || {
        jobs.with(|jobs| {
            let jobs = jobs.iter().flat_map(BTreeMap::values);
            let ours = jobs.filter(|job| job.operation.filters().contains(&node));
            ours.max_by_key(|job| job.id).is_some_and(|job| job.state != JobState::Done)
        })
    };
    Memo::new(move |_| !is_undecided() && !was_given_up())
}

fn lets_console_in(rules: &Ruleset, view: &FirewallView) -> Option<(TableName, String, usize)> {
    let packet = way_in(&view.line?, &view.addresses);
    let trace = trace(rules, &packet, &host(view));
    let last = trace.steps.last().filter(|_| trace.outcome == Outcome::Accepted)?;
    Some((last.table, last.chain.clone(), last.rule?))
}

fn ruleset(view: Option<&FirewallView>, tool: Option<Tool>) -> Ruleset {
    let family = tool.map_or(Family::V4, Tool::family);
    let none = || Ruleset {
        family,
        backend: tool.map_or(Backend::default(), Tool::backend),
        tables: Vec::new(),
        trailer: Vec::new(),
    };
    let read = || {
        let rules = view?.rulesets.get(&tool?)?;
        Some(counted(tool?.parse(&rules.text).ok()?, &rules.counters))
    };
    read().unwrap_or_else(none)
}
