//! The track diagram of all lines, with the button that moves each pair of points.

use leptos::prelude::*;
use leptos_router::hooks::use_navigate;
use signalbox_domain::fleet::{FleetView, Points};
use signalbox_domain::operation::Operation;
use signalbox_domain::vrrp::Holder;

use super::lines_list::LinesList;
use super::lines_phone::LinesPhone;
use crate::live::use_live;
use crate::locale::{language, t, t_with};
use crate::locales::overview as texts;
use crate::plan::OperationButton;
use crate::track::{Columns, Drawing, Placed, Reading, Scene, follow_link, lay_out};
use crate::ui::{Empty, Plate, Segmented, Size, move_focus};

/// What a window of 1440 px leaves for the diagram: the width that the server draws for.
const USUAL_WIDTH: f64 = 1272.0;

#[component]
pub(super) fn Lines(fleet: Memo<Option<FleetView>>) -> impl IntoView {
    let as_list = RwSignal::new(false);
    let count = Memo::new(move |_| fleet.with(|fleet| fleet.as_ref().map_or(0, |f| f.lines.len())));
    let options =
        vec![(false, t(texts::AS_TRACK).to_owned()), (true, t(texts::AS_LIST).to_owned())];
    let actions = move || {
        view! {
            <Legend />
            <Segmented label=t(texts::LINES) options=options.clone() chosen=as_list />
        }
    };
    view! {
        <Plate
            title=t(texts::LINES)
            meta=Signal::derive(move || Some(t_with(texts::SERVICES, &[&count.get()])))
            first=true
            flush=true
            class="overview-lines"
            actions=actions
        >
            {move || match (count.get(), as_list.get()) {
                (0, _) => view! { <NoLine /> }.into_any(),
                (_, true) => view! { <LinesList fleet /> }.into_any(),
                (_, false) => {
                    view! {
                        <Track fleet />
                        <LinesPhone fleet />
                    }
                        .into_any()
                }
            }}
        </Plate>
    }
}

#[component]
fn NoLine() -> impl IntoView {
    view! {
        <Empty title=t(texts::NO_LINES) text=t(texts::NO_LINES_HELP)>
            <a class="btn" href="/nodes">{t(texts::ADD_NODE)}</a>
        </Empty>
    }
}

#[component]
fn Track(fleet: Memo<Option<FleetView>>) -> impl IntoView {
    let live = use_live();
    let language = language();
    let width = RwSignal::new(USUAL_WIDTH);
    let place = NodeRef::<leptos::html::Div>::new();
    let measure = move || {
        if let Some(place) = place.get_untracked() {
            width.set(f64::from(place.client_width()));
        }
    };
    Effect::new(move |_| {
        measure();
        let listener = window_event_listener(leptos::ev::resize, move |_| measure());
        on_cleanup(move || listener.remove());
    });
    let laid_out = Memo::new(move |_| {
        let reading = Reading { language, stale: live.line().is_stale() };
        fleet.with(|fleet| match fleet {
            Some(fleet) => lay_out(fleet, Columns::fit(width.get()), reading),
            None => (Scene::default(), Vec::new()),
        })
    });
    let scene = Signal::derive(move || laid_out.with(|(scene, _)| scene.clone()));
    let label = Signal::derive(move || t(texts::LINES).to_owned());
    let navigate = use_navigate();
    view! {
        <div class="track wide-only" node_ref=place on:click=follow_link(navigate) on:keydown=move_focus>
            <Drawing scene label />
            <For
                each=move || laid_out.with(|(_, placed)| placed.clone())
                key=|placed| placed.line.clone()
                let:placed
            >
                {
                    let Placed { line, below_points } = placed;
                    let key = line.clone();
                    let at = Memo::new(move |_| {
                        laid_out
                            .with(|(_, placed)| {
                                let found = placed.iter().find(|placed| placed.line == key);
                                found.map_or(below_points, |placed| placed.below_points)
                            })
                    });
                    view! {
                        <div
                            class="track-button"
                            style:left=move || format!("{}px", at.get().0)
                            style:top=move || format!("{}px", at.get().1)
                        >
                            <HandOver fleet line />
                        </div>
                    }
                }
            </For>
        </div>
    }
}

/// The button that moves a line's points to the director that does not hold the address.
#[component]
pub(super) fn HandOver(fleet: Memo<Option<FleetView>>, line: String) -> impl IntoView {
    let offered = Memo::new(move |_| {
        fleet.with(|fleet| {
            let line = fleet.as_ref()?.lines.iter().find(|other| other.id == line)?;
            hand_over(line.points.as_ref()?)
        })
    });
    move || {
        offered.get().map(|(operation, to)| {
            let label = t_with(texts::HAND_OVER, &[&to]);
            view! { <OperationButton operation=operation label=label size=Size::Small /> }
        })
    }
}

/// To whom the address would go: the director of the highest priority that does not hold it.
pub(super) fn hand_over(points: &Points) -> Option<(Operation, String)> {
    let Holder::One { node: holder } = points.holder else { return None };
    let to = points.directors.iter().find(|director| director.node != holder)?;
    let operation = Operation::VrrpHandOver { instance: points.instance.clone(), to: to.node };
    Some((operation, to.name.clone()))
}

#[component]
fn Legend() -> impl IntoView {
    view! {
        <span class="row g12 t12 i3 legend" aria-hidden="true">
            <span class="row g6">
                <svg width="26" height="8">
                    <path class="tk-bed" d="M0 4H26" />
                    <path class="tk-core" d="M0 4H26" />
                </svg>
                {t(texts::FLOW)}
            </span>
            <span class="row g6">
                <svg width="26" height="8"><path class="tk-bed" d="M0 4H26" /></svg>
                {t(texts::SET_AGAINST)}
            </span>
            <span class="row g6">
                <svg width="26" height="14">
                    <path class="tk-fail" d="M0 7H8M18 7H26" />
                    <path class="tk-fail" d="M8.5 1V13M17.5 1V13" />
                </svg>
                {t(texts::BROKEN)}
            </span>
        </span>
    }
}
