//! Shapes as SVG.

use leptos::prelude::*;

use super::geometry::{Anchor, At, Scene, Shape};
use crate::ui::shape as lamp_shape;

/// A drawn scene on the 24 px dot grid. `label` says what it shows; "View as list" has the facts.
#[component]
pub fn Drawing(
    #[prop(into)] scene: Signal<Scene>,
    #[prop(into)] label: Signal<String>,
) -> impl IntoView {
    view! {
        <svg
            width=move || scene.with(|scene| scene.width)
            height=move || scene.with(|scene| scene.height)
            role="group"
            aria-label=move || label.get()
        >
            <defs>
                <pattern id="tk-grid" width="24" height="24" patternUnits="userSpaceOnUse">
                    <circle class="tk-dots" cx="1" cy="1" r="1" />
                </pattern>
            </defs>
            <rect width="100%" height="100%" fill="url(#tk-grid)" />
            {move || scene.get().shapes.into_iter().map(shape).collect_view()}
        </svg>
    }
}

fn shape(shape: Shape) -> AnyView {
    match shape {
        Shape::Path { class, points } => view! { <path class=class d=path(&points) /> }.into_any(),
        Shape::Box { class, x, y, width, height, round } => {
            view! { <rect class=class x=x y=y width=width height=height rx=round /> }.into_any()
        }
        Shape::Block { class, x, y, width, height } => {
            view! { <rect class=class x=x y=y width=width height=height rx="1" /> }.into_any()
        }
        Shape::Lamp { x, y, aspect, r } => {
            view! { <g class="lamp">{lamp_shape(x, y, aspect, r)}</g> }.into_any()
        }
        Shape::Text { class, x, y, anchor, text } => {
            let anchor = match anchor {
                Anchor::Start => "start",
                Anchor::Middle => "middle",
                Anchor::End => "end",
            };
            leptos::svg::text()
                .class(class)
                .attr("x", x.to_string())
                .attr("y", y.to_string())
                .attr("text-anchor", anchor)
                .child(text)
                .into_any()
        }
        // Built by hand: in the view! macro an `a` outside an `svg` would be HTML's.
        Shape::Link { href, label, shapes } => leptos::svg::a()
            .attr("href", href)
            .attr("aria-label", label)
            .child(shapes.into_iter().map(self::shape).collect_view())
            .into_any(),
    }
}

fn path(points: &[At]) -> String {
    let joined: Vec<String> = points.iter().map(|(x, y)| format!("{x} {y}")).collect();
    if joined.is_empty() { String::new() } else { format!("M{}", joined.join("L")) }
}
