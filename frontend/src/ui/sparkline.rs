//! A small curve. The text beside it gives the value.

use leptos::prelude::*;

#[component]
pub fn Sparkline(
    #[prop(into)] values: Signal<Vec<f64>>,
    #[prop(default = 120)] width: u32,
    #[prop(default = 28)] height: u32,
    /// The top of the scale; absent: the greatest value.
    #[prop(optional, into)]
    max: Option<f64>,
    /// No end dot: the last value is old.
    #[prop(optional, into)]
    stale: Signal<bool>,
) -> impl IntoView {
    let curve = move || points(&values.get(), f64::from(width), f64::from(height), max);
    view! {
        <svg width=width height=height aria-hidden="true">
            {move || {
                let points = curve();
                let last = points.last().copied().filter(|_| !stale.get());
                view! {
                    <path d=path(&points) fill="none" stroke="var(--ink2)" stroke-width="1.25" stroke-linejoin="round" />
                    {last.map(|(x, y)| view! { <circle cx=x cy=y r="2" fill="var(--ink2)" /> })}
                }
            }}
        </svg>
    }
}

fn points(values: &[f64], width: f64, height: f64, max: Option<f64>) -> Vec<(f64, f64)> {
    let top = max.unwrap_or_else(|| values.iter().copied().fold(0.0, f64::max) * 1.02);
    let top = if top > 0.0 { top } else { 1.0 };
    let step = (width - 4.0) / (values.len().max(2) - 1) as f64;
    let at = |(index, value): (usize, &f64)| {
        let y = height - 2.0 - (value / top).clamp(0.0, 1.0) * (height - 4.0);
        (1.0 + index as f64 * step, y)
    };
    values.iter().enumerate().map(at).collect()
}

fn path(points: &[(f64, f64)]) -> String {
    let joined: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1} {y:.1}")).collect();
    if joined.is_empty() { String::new() } else { format!("M{}", joined.join("L")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curve_stays_within_its_box() {
        let curve = points(&[0.0, 50.0, 400.0], 104.0, 24.0, Some(100.0));
        assert_eq!(curve, [(1.0, 22.0), (51.0, 12.0), (101.0, 2.0)]);
        assert_eq!(path(&[]), "");
        assert_eq!(points(&[0.0], 100.0, 20.0, None), [(1.0, 18.0)], "all zero lies on the floor");
    }
}
