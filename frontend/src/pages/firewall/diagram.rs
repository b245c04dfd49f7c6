//! The packet flow: what is drawn of it, and the same as a list. Its tables are buttons.

use leptos::prelude::*;
use signalbox_domain::firewall::{Outcome, TableName, Trace};

use super::board::Board;
use super::flow::{HEIGHT, HOST, Hook, TILE_HEIGHT, Tile, WIDTH, is_passed, stretches, way};
use super::packet::Question;
use super::rules::rules_counted;
use crate::locale::{t, t_with};
use crate::locales::firewall as texts;
use crate::ui::{Button, Kind, Plate, Size};

#[component]
pub(super) fn Flow(board: Board, question: Question, traced: Memo<Option<Trace>>) -> impl IntoView {
    let as_list = RwSignal::new(false);
    let total = move || {
        let rules = rules_counted(board.live.with(|live| live.rules().count()));
        let tool = board.tool.get().map(|tool| tool.to_string()).unwrap_or_default();
        view! { <span class="t12 i3 wide-only">{t_with(texts::TOTAL, &[&rules, &tool])}</span> }
    };
    let toggle = move || {
        let label = move || t(if as_list.get() { texts::AS_DIAGRAM } else { texts::AS_LIST });
        view! {
            {total}
            <span class="wide-only">
                <Button kind=Kind::Quiet size=Size::Small on_click=move |_| as_list.update(|on| *on = !*on)>
                    {label}
                </Button>
            </span>
        }
    };
    view! {
        <Plate title=t(texts::FLOW) meta=t(texts::FLOW_HELP) first=true flush=true class="fw-flow-plate" actions=toggle>
            <div class="fw-flow" class:as-list=move || as_list.get()>
                <div class="fw-drawing" style:width=format!("{WIDTH}px") style:height=format!("{HEIGHT}px")>
                    <Drawing board question traced />
                    {Hook::ALL.map(|hook| view! { <Tiles board hook /> })}
                </div>
                <ul class="fw-hooks">{Hook::ALL.map(|hook| view! { <HookLine board hook /> })}</ul>
            </div>
        </Plate>
    }
}

#[component]
fn Drawing(board: Board, question: Question, traced: Memo<Option<Trace>>) -> impl IntoView {
    let passed = Memo::new(move |_| {
        let own = board.view.with(|view| {
            let addresses = view.iter().flat_map(|view| &view.addresses);
            addresses.map(|own| own.address).collect::<Vec<_>>()
        });
        traced.with(|trace| {
            let trace = trace.as_ref()?;
            let way = way(trace, |address| own.contains(&address) || address.is_multicast());
            let through = trace.outcome == Outcome::Accepted;
            let lit = stretches().into_iter().filter(|s| is_passed(s, &way, through));
            Some(lit.map(|stretch| stretch.path).collect::<Vec<_>>().concat())
        })
    });
    let bed = stretches().into_iter().map(|stretch| stretch.path).collect::<Vec<_>>().concat();
    let boxes = Hook::ALL.map(|hook| {
        let area = hook.area();
        view! {
            <rect class="tk-box" x=area.left + 0.5 y=area.top + 0.5 width=area.width - 1.0 height=area.height - 1.0 rx="4" />
            {text(area.left + 10.0, area.top + 17.0, "start", "fw-hook", hook.name().to_owned())}
        }
    });
    let ipvs = move || {
        board.view.with(|view| match &view.as_ref()?.virtual_services[..] {
            [] => None,
            [one] => Some(t_with(texts::IPVS, &[one])),
            many => Some(t_with(texts::IPVS_MANY, &[&many.len()])),
        })
    };
    let middle = HOST.left + HOST.width / 2.0;
    view! {
        <svg width=WIDTH height=HEIGHT role="img" aria-label=t(texts::FLOW_LABEL)>
            <defs>
                <pattern id="fw-grid" width="24" height="24" patternUnits="userSpaceOnUse">
                    <circle class="tk-dots" cx="1" cy="1" r="1" />
                </pattern>
            </defs>
            <rect width="100%" height="100%" fill="url(#fw-grid)" />
            <path class="tk-bed" d=bed.clone() />
            <path class="tk-core" d=bed />
            <path class="tk-terminus" d="M24 54V70" />
            <path class="tk-chevron" d="M635.5 57.5L640.5 62L635.5 66.5M463.5 145.5L468.5 150L463.5 154.5M599.5 145.5L604.5 150L599.5 154.5M335.5 57.5L340.5 62L335.5 66.5" />
            {move || passed.get().map(|d| view! { <path class="fw-traced" d=d /> })}
            <path class="fw-points" d="M262 52L272 62L262 72L252 62Z" />
            {text(280.0, 48.0, "start", "tk-note", t(texts::ROUTING).to_owned())}
            {boxes}
            <rect class="tk-box" x=HOST.left + 0.5 y=HOST.top + 0.5 width=HOST.width - 1.0 height=HOST.height - 1.0 rx="4" />
            {text(middle, HOST.top + 24.0, "middle", "tk-value", t(texts::THIS_HOST).to_owned())}
            {move || ipvs().map(|told| text(middle - 2.0, HOST.top + 58.0, "middle", "tk-note", told))}
            {move || {
                passed.get().map(|_| view! {
                    {text(24.0, 146.0, "start", "tk-note fw-acc", t(texts::TRACED).to_owned())}
                    {text(24.0, 162.0, "start", "tk-address sub", question.addresses())}
                })
            }}
        </svg>
    }
}

fn text(x: f64, y: f64, anchor: &'static str, class: &'static str, text: String) -> impl IntoView {
    leptos::svg::text()
        .class(class)
        .attr("x", x.to_string())
        .attr("y", y.to_string())
        .attr("text-anchor", anchor)
        .child(text)
}

/// The buttons over a hook's box.
#[component]
fn Tiles(board: Board, hook: Hook) -> impl IntoView {
    move || {
        let tiles = hook.tiles(&board.shown());
        let tile = |tile: Tile| {
            let place = format!(
                "left:{:.1}px;top:{}px;width:{:.1}px;height:{TILE_HEIGHT}px",
                tile.left, tile.top, tile.width
            );
            view! { <TableButton board hook table=tile.table place /> }
        };
        tiles.into_iter().map(tile).collect_view()
    }
}

#[component]
fn HookLine(board: Board, hook: Hook) -> impl IntoView {
    let buttons = move || {
        let tables = hook.tables(&board.shown());
        let button = |table| view! { <TableButton board hook table place=String::new() /> };
        tables.into_iter().map(button).collect_view()
    };
    view! {
        <li>
            <span class="fw-hook-name">{hook.name()}</span>
            <span class="fw-hook-tables">{buttons}</span>
        </li>
    }
}

#[component]
fn TableButton(board: Board, hook: Hook, table: TableName, place: String) -> impl IntoView {
    let count = Memo::new(move |_| {
        let rules = board.shown();
        let chain = rules.table(table).and_then(|table| table.chain(hook.name()));
        chain.map_or(0, |chain| chain.rules.len())
    });
    let is_chosen = Memo::new(move |_| {
        board.place.with(|(chosen, chain)| *chosen == table && chain == hook.name())
    });
    let is_drafted =
        Memo::new(move |_| board.diff.with(|diff| diff.chain(table, hook.name()).is_some()));
    view! {
        <button
            type="button"
            class="fw-table"
            class:draft=move || is_drafted.get()
            style=place
            aria-pressed=move || if is_chosen.get() { "true" } else { "false" }
            aria-label=move || t_with(texts::TABLE_BUTTON, &[&table, &hook.name(), &count.get()])
            on:click=move |_| board.choose(table, hook.name())
        >
            <span>{table.as_str()}</span>
            <b class:zero=move || count.get() == 0>{count}</b>
        </button>
    }
}
