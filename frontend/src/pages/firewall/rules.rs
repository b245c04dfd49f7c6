//! The rules of the chosen chain: what each asks, how often it matched, what is wrong with it.

use std::sync::Arc;

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use signalbox_domain::firewall::diff::{Mark, Row};
use signalbox_domain::firewall::{Chain, Finding, FindingKind, Ruleset, Severity, is_anothers};
use signalbox_domain::signal::Signal as Aspect;

use super::ages::Ages;
use super::board::Board;
use super::chains::Chains;
use super::columns::{Cells, Words, cells};
use super::edits::{Editing, Tools};
use super::rates::{Key, SPAN_MS, keys};
use super::sets::Sets;
use crate::format;
use crate::live::use_live;
use crate::locale::{language, say, t, t_with};
use crate::locales::firewall as texts;
use crate::ui::{
    Column, Curve, Filter, Icon, IconView, Lamp, LongTable, Plate, Sparkline, matches,
};

/// A row of the table. What changes by itself is not in it, so that it stays while counters run.
#[derive(Debug, Clone, PartialEq)]
struct Line {
    mark: Mark,
    /// It lets the console itself in.
    console: bool,
    /// Its place in the draft or, where there is none, in the live rules; a removed rule has none.
    place: Option<usize>,
    /// What is shown of its number.
    number: String,
    cells: Cells,
    text: String,
    key: Option<Key>,
    /// Its number in the live rules.
    live: Option<usize>,
    findings: Vec<(Aspect, String)>,
    /// What is said of it if it matched nothing although its chain is in use.
    never_hit: Option<String>,
}

#[component]
pub(super) fn Rules(board: Board, editing: Editing) -> impl IntoView {
    let typed = RwSignal::new(String::new());
    let ages = Ages::new(board);
    let lines = Memo::new(move |_| lines(board));
    let shown = Signal::derive(move || {
        let typed = typed.get();
        let all = lines.get().into_iter();
        all.filter(|line| typed.is_empty() || matches(&typed, &line.text)).collect::<Vec<_>>()
    });
    let title = Signal::derive(move || {
        board.place.with(|(table, chain)| t_with(texts::RULES_OF, &[table, chain]))
    });
    let meta = Signal::derive(move || counted(board));
    let actions = move || {
        view! {
            <Tallies board />
            <Filter value=typed />
            <Tools board editing />
        }
    };
    let columns = vec![
        Column::new("#").right().width("64px"),
        Column::new(t(texts::TARGET)),
        Column::new(t(texts::PROTOCOL)),
        Column::new(t(texts::SOURCE)),
        Column::new(t(texts::DESTINATION)),
        Column::new(t(texts::MATCH)),
        Column::new(t(texts::PACKETS)).right(),
        Column::new(t(texts::RATE)).right(),
        Column::new(t(texts::TEN_MIN)).right().width("88px"),
    ];
    let row = move |(index, line): (usize, Line)| {
        view! { <RuleRow board editing ages index line /> }.into_any()
    };
    let nothing = move || {
        let none = shown.with(Vec::is_empty);
        let text = if lines.with(Vec::is_empty) { texts::NO_RULES } else { texts::NO_MATCHING };
        none.then(|| view! { <p class="fw-none i3">{t(text)}</p> })
    };
    view! {
        {move || {
            let (columns, title) = (columns.clone(), title.get());
            view! {
                <Plate title=title.clone() meta=meta first=true flush=true class="fw-rules" actions=actions>
                    <Chains board editing />
                    <Sets board editing />
                    <LongTable label=title.clone() columns rows=shown row=row />
                    {nothing}
                    <PolicyLine board />
                </Plate>
            }
        }}
    }
}

fn counted(board: Board) -> String {
    let (table, chain) = board.place.get();
    let count = |rules: &Ruleset| {
        let chain = rules.table(table).and_then(|table| table.chain(&chain));
        chain.map_or(0, |chain| chain.rules.len())
    };
    let live = board.live.with(|live| count(live));
    match board.draft.get() {
        Some(draft) => t_with(texts::COUNT_BOTH, &[&count(&draft), &live]),
        None => rules_counted(live),
    }
}

pub(super) fn rules_counted(count: usize) -> String {
    if count == 1 { t(texts::ONE_RULE).to_owned() } else { t_with(texts::COUNT, &[&count]) }
}

/// How many findings of each kind the chain has.
#[component]
fn Tallies(board: Board) -> impl IntoView {
    let counts = Memo::new(move |_| {
        let (table, chain) = board.place.get();
        board.findings.with(|findings| {
            let here = findings.iter().filter(|f| f.table == table && f.chain == chain);
            let severities: Vec<Severity> = here.map(|finding| finding.severity).collect();
            [Severity::Error, Severity::Warning, Severity::Note]
                .map(|severity| severities.iter().filter(|its| **its == severity).count())
        })
    });
    let lamps = [Aspect::Danger, Aspect::Caution, Aspect::Unknown];
    move || {
        let of = |(aspect, count): (Aspect, usize)| {
            (count > 0)
                .then(|| view! { <span class="row g4 t12"><Lamp aspect size=10 />{count}</span> })
        };
        lamps.into_iter().zip(counts.get()).map(of).collect_view()
    }
}

fn aspect(severity: Severity) -> Aspect {
    match severity {
        Severity::Error => Aspect::Danger,
        Severity::Warning => Aspect::Caution,
        Severity::Note => Aspect::Unknown,
    }
}

fn lines(board: Board) -> Vec<Line> {
    let (table, name) = board.place.get();
    let of = |rules: &Ruleset| rules.table(table).and_then(|t| t.chain(&name)).cloned();
    let (live, draft) = (board.live.with(|live| of(live)), board.draft.get());
    let now = draft.as_ref().map_or_else(|| live.clone(), |draft| of(draft));
    let same = |count: usize| {
        (1..=count).map(|at| Row { mark: Mark::Same, before: Some(at), after: Some(at) }).collect()
    };
    let changed = board.diff.with(|diff| diff.chain(table, &name).map(|diff| diff.rows.clone()));
    let rows: Vec<Row> =
        changed.unwrap_or_else(|| same(now.as_ref().map_or(0, |chain| chain.rules.len())));
    let place = format!("{table}/{name}");
    let live_keys =
        live.as_ref().map(|live| keys(&place, live.rules.iter().map(|r| r.text.as_str())));
    let findings = board.findings.get();
    let here: Vec<&Finding> =
        findings.iter().filter(|f| f.table == table && f.chain == name).collect();
    let words = Words { not: t(texts::NOT), inside: t(texts::IN), outside: t(texts::OUT) };
    let console = board.console.get().filter(|(t, chain, _)| *t == table && *chain == name);
    let console = console.map(|(_, _, number)| number);
    let line = |row: &Row| {
        let of = |chain: &Option<Chain>, at: Option<usize>| {
            chain.as_ref()?.rules.get(at?.checked_sub(1)?).cloned()
        };
        let rule = of(&now, row.after).or_else(|| of(&live, row.before))?;
        let before = row.before.filter(|_| row.mark != Mark::Added);
        let told = here.iter().filter(|f| f.rule.is_some() && f.rule == row.after);
        let (never_hit, told): (Vec<&&Finding>, Vec<&&Finding>) =
            told.partition(|finding| finding.kind == FindingKind::NeverHit);
        Some(Line {
            mark: row.mark,
            console: console.is_some() && row.after == console,
            place: row.after,
            number: row.after.or(row.before).map(|at| at.to_string()).unwrap_or_default(),
            cells: cells(&rule, words),
            key: before.and_then(|at| live_keys.as_ref()?.get(at - 1).cloned()),
            live: before,
            text: rule.text.clone(),
            findings: told.iter().map(|f| (aspect(f.severity), say(&f.says))).collect(),
            never_hit: never_hit.first().filter(|_| draft.is_none()).map(|f| say(&f.says)),
        })
    };
    rows.iter().filter_map(line).collect()
}

#[component]
fn RuleRow(board: Board, editing: Editing, ages: Ages, index: usize, line: Line) -> impl IntoView {
    let Line { mark, console, place, number, cells, key, live, findings, never_hit, .. } = line;
    let (sign, class) = match mark {
        Mark::Same => ("", ""),
        Mark::Added => ("+", "added"),
        Mark::Removed => ("−", "removed"),
        Mark::Changed => ("~", "changed"),
    };
    let is_selected = Memo::new(move |_| place.is_some() && board.selected.get() == place);
    let select = move || {
        if editing.may && place.is_some() {
            board.selected.set(place);
        }
    };
    let keydown = move |event: KeyboardEvent| {
        if let Some(place) = place {
            editing.key(board, place, &event);
        }
    };
    let counted = StoredValue::new(key.clone());
    let packets = Memo::new(move |_| {
        counted.with_value(|key| board.history.with(|history| history.packets(key.as_ref()?)))
    });
    let idle = Memo::new(move |_| {
        let number = live.filter(|_| packets.get() == Some(0))?;
        counted.with_value(|key| ages.idle(&key.as_ref()?.chain, number))
    });
    let any = |text: String, word: &'static str| match text.is_empty() {
        true => view! { <span class="i3">{word}</span> }.into_any(),
        false => text.into_any(),
    };
    let target = any(cells.target, t(texts::COUNTS));
    view! {
        <tr
            class=format!("fw-rule {class}")
            class:sel=move || is_selected.get()
            tabindex="0"
            data-place=place
            aria-rowindex=index
            aria-selected=move || is_selected.get().then_some("true")
            draggable=(editing.may && place.is_some()).then_some("true")
            on:click=move |_| select()
            on:focus=move |_| select()
            on:keydown=keydown
            on:dragstart=move |_| editing.drag(place)
            on:dragover=move |event| editing.takes(place, &event)
            on:drop=move |event| editing.drop_on(board, place, &event)
        >
            <td class="r">
                {console.then(|| view! { <span class="fw-lock" title=t(texts::CONSOLES)><IconView icon=Icon::LockKeyhole small=true /></span> })}
                <span class="fw-sign">{sign}</span>{number}
            </td>
            <td class="mono b">{target}</td>
            <td class="mono">{any(cells.protocol, t(texts::ALL))}</td>
            <td class="mono">{any(cells.source, t(texts::ANY))}</td>
            <td class="mono">{any(cells.destination, t(texts::ANY))}</td>
            <td class="mono fw-match">{cells.matches}</td>
            <Counted board key=key is_new=mark == Mark::Added idle />
        </tr>
        {findings.into_iter().map(|(aspect, text)| finding(class, aspect, text)).collect_view()}
        {move || {
            // The counter may have moved on since the rules were looked through.
            let says = never_hit.clone().filter(|_| packets.get().is_none_or(|p| p == 0))?;
            Some(finding(class, Aspect::Unknown, idle.get().unwrap_or(says)))
        }}
    }
}

fn finding(class: &str, aspect: Aspect, text: String) -> impl IntoView + use<> {
    view! {
        <tr class=format!("fw-finding {class}")>
            <td></td>
            <td colspan="8">
                <span class="row g6"><Lamp aspect size=10 />{text}</span>
            </td>
        </tr>
    }
}

/// The three cells that change by themselves.
#[component]
fn Counted(
    board: Board,
    key: Option<Key>,
    is_new: bool,
    /// Since when it counted nothing.
    idle: Memo<Option<String>>,
) -> impl IntoView {
    let live = use_live();
    let key = Arc::new(key);
    let (of_packets, of_rate, of_curve) = (Arc::clone(&key), Arc::clone(&key), key);
    let packets = move || match (&*of_packets, is_new) {
        (_, true) => t(texts::NEW).to_owned(),
        (Some(key), _) => {
            let packets = board.history.with(|history| history.packets(key));
            packets.map(|packets| format::rate(packets, language())).unwrap_or_default()
        }
        (None, _) => String::new(),
    };
    let rate = move || {
        let rate = board.history.with(|history| history.rate(of_rate.as_ref().as_ref()?));
        rate.map(|rate| t_with(texts::PER_S, &[&rate_text(rate)]))
    };
    let curve = Signal::derive(move || Curve {
        points: of_curve
            .as_ref()
            .as_ref()
            .map(|key| board.history.with(|history| history.points(key)))
            .unwrap_or_default(),
        span_ms: SPAN_MS,
        gap_ms: 30_000,
        max: None,
        limit: None,
    });
    let stale = Signal::derive(move || !live.is_fresh());
    view! {
        <td class="r" class:i3=is_new title=move || idle.get()>{packets}</td>
        <td class="r">{rate}</td>
        <td class="r less fw-spark"><Sparkline curve stale /></td>
    }
}

pub(super) fn rate_text(rate: f64) -> String {
    if rate > 0.0 && rate < 9.95 {
        format!("{rate:.1}")
    } else {
        format::rate(rate.round().max(0.0) as u64, language())
    }
}

/// What happens to packets that no rule decided.
#[component]
fn PolicyLine(board: Board) -> impl IntoView {
    let policy = Memo::new(move |_| {
        let (table, name) = board.place.get();
        let rules = board.shown();
        let chain = rules.table(table).and_then(|table| table.chain(&name));
        chain.map(|chain| chain.policy)
    });
    let changed = move || {
        let (table, name) = board.place.get();
        board.diff.with(|diff| diff.chain(table, &name)?.policy)
    };
    let counted = move || {
        let (table, name) = board.place.get();
        let key = Key::policy(format!("{table}/{name}"));
        board.history.with(|history| {
            let packets = format::rate(history.packets(&key)?, language());
            let rate = history.rate(&key).map(|rate| t_with(texts::PER_S, &[&rate_text(rate)]));
            Some((packets, rate))
        })
    };
    let anothers = move || board.place.with(|(_, chain)| is_anothers(chain));
    move || {
        let (word, text) =
            match policy.get().unwrap_or(Some(signalbox_domain::firewall::Policy::Accept)) {
                Some(policy) => (policy.as_str(), texts::POLICY),
                None => ("RETURN", texts::RETURNS),
            };
        let drafted = changed();
        let before =
            drafted.map(|(before, _)| view! { <span class="struck mono">{before.as_str()}</span> });
        let numbers = counted().map(|(packets, rate)| {
            view! { <span class="fw-policy-count tn">{packets}</span><span class="fw-policy-rate tn">{rate}</span> }
        });
        view! {
            <div class="fw-policy" class:draft=drafted.is_some()>
                <span class="i3">"·"</span>
                {before}
                <b class="mono">{word}</b>
                <span class="i3 t12">{t(text)}</span>
                {anothers().then(|| view! { <span class="i3 t12">{t(texts::ANOTHERS)}</span> })}
                <span class="sp"></span>
                {numbers}
            </div>
        }
    }
}
