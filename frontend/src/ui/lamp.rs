//! Lamps: shape first, colour second.

use leptos::prelude::*;
use signalbox_domain::signal::Signal as Aspect;

use crate::locale::t;
use crate::locales::words;

/// The CSS class and token of an aspect.
pub fn class(aspect: Aspect) -> &'static str {
    match aspect {
        Aspect::Danger => "danger",
        Aspect::Unknown => "unknown",
        Aspect::Caution => "caution",
        Aspect::Transit => "transit",
        Aspect::Clear => "clear",
    }
}

/// The word that goes with the shape.
pub fn aspect_word(aspect: Aspect) -> &'static str {
    t(match aspect {
        Aspect::Danger => words::DANGER,
        Aspect::Unknown => words::UNKNOWN,
        Aspect::Caution => words::CAUTION,
        Aspect::Transit => words::TRANSIT,
        Aspect::Clear => words::CLEAR,
    })
}

/// An aspect's drawing about (x, y), `r` px in radius, for any SVG.
pub fn shape(x: f64, y: f64, aspect: Aspect, r: f64) -> AnyView {
    let ink = format!("var(--{}-l)", class(aspect));
    match aspect {
        Aspect::Clear => view! { <circle cx=x cy=y r=r fill=ink /> }.into_any(),
        Aspect::Caution => view! {
            <circle cx=x cy=y r=r - 0.75 fill="none" stroke=ink.clone() stroke-width="1.5" />
            <path d=half_disc(x, y, r - 0.5) fill=ink />
        }
        .into_any(),
        Aspect::Danger => {
            let (side, half) = (2.0 * r - 0.6, r - 0.3);
            view! { <rect x=x - half y=y - half width=side height=side rx="1" fill=ink /> }
                .into_any()
        }
        Aspect::Transit => view! { <path d=diamond(x, y, r + 0.4) fill=ink /> }.into_any(),
        Aspect::Unknown => {
            view! { <circle cx=x cy=y r=r - 0.75 fill="none" stroke=ink stroke-width="1.5" /> }
                .into_any()
        }
    }
}

fn half_disc(x: f64, y: f64, r: f64) -> String {
    format!("M{x} {}A{r} {r} 0 0 0 {x} {}Z", y - r, y + r)
}

fn diamond(x: f64, y: f64, r: f64) -> String {
    format!("M{x} {}L{} {y}L{x} {}L{} {y}Z", y - r, x + r, y + r, x - r)
}

/// A lamp: 8 px in navigation, 10 in rows, 12 in titles, 16 in alarms.
#[component]
pub fn Lamp(
    #[prop(into)] aspect: Signal<Aspect>,
    #[prop(default = 10)] size: u32,
    /// Needed when no text beside the lamp says the same.
    #[prop(optional, into)]
    label: MaybeProp<String>,
) -> impl IntoView {
    let box_px = f64::from(size) + 2.0;
    let (centre, radius) = (box_px / 2.0, f64::from(size) / 2.0);
    view! {
        <svg
            class="lamp"
            width=box_px
            height=box_px
            role=move || label.get().map(|_| "img")
            aria-label=move || label.get()
            aria-hidden=move || label.get().is_none().then_some("true")
        >
            {move || shape(centre, centre, aspect.get(), radius)}
        </svg>
    }
}

/// How many lamps of each aspect, worst first: "1 failed, 9 clear".
#[component]
pub fn Lamps(#[prop(into)] aspects: Signal<Vec<Aspect>>) -> impl IntoView {
    const ORDER: [Aspect; 5] =
        [Aspect::Danger, Aspect::Unknown, Aspect::Caution, Aspect::Transit, Aspect::Clear];
    move || {
        let aspects = aspects.get();
        ORDER
            .into_iter()
            .map(|aspect| (aspect, aspects.iter().filter(|other| **other == aspect).count()))
            .filter(|(_, number)| *number > 0)
            .map(|(aspect, number)| {
                view! {
                    <span class="row g6">
                        <Lamp aspect=aspect />
                        {format!("{number} {}", aspect_word(aspect))}
                    </span>
                }
            })
            .collect_view()
    }
}
