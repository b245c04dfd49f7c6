//! What lies over a page and is not needed to begin with: the browser loads it when one of them first
//! opens, all in one module.

use leptos::prelude::*;
use signalbox_domain::ids::JobId;

use super::palette::PaletteWindow;
use crate::pages::jobs::JobInDrawer;
use crate::plan::PlanDialog;

/// Which of them, and what it needs to know.
pub(crate) enum Overlay {
    Plan,
    /// What is typed already, and how the palette is closed.
    Palette(String, Callback<()>),
    Job(JobId, Callback<()>),
}

#[lazy]
pub(crate) fn overlay(which: Overlay) -> AnyView {
    match which {
        Overlay::Plan => view! { <PlanDialog /> }.into_any(),
        Overlay::Palette(typed, on_close) => view! { <PaletteWindow typed on_close /> }.into_any(),
        Overlay::Job(id, on_close) => view! { <JobInDrawer id on_close /> }.into_any(),
    }
}
