//! A small curve over time. The text beside it gives the value.

use leptos::prelude::*;
use signalbox_domain::time::Timestamp;

/// Height in px; the width is that of its place.
const HEIGHT: f64 = 48.0;
/// The curve is drawn for this width and stretched.
const WIDTH: f64 = 256.0;

/// What a curve shows of its time.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Curve {
    /// Oldest first. Where nothing was read there is no point.
    pub points: Vec<(Timestamp, f64)>,
    /// How much time the whole width is, ms.
    pub span_ms: i64,
    /// The longest time between two points of one stroke, ms.
    pub gap_ms: i64,
    /// The top of the scale; absent: the greatest value.
    pub max: Option<f64>,
    /// Where a limit lies.
    pub limit: Option<f64>,
}

#[component]
pub fn Sparkline(
    #[prop(into)] curve: Signal<Curve>,
    /// No end dot: the last value is old.
    #[prop(optional, into)]
    stale: Signal<bool>,
) -> impl IntoView {
    let drawn = Memo::new(move |_| curve.with(draw));
    view! {
        <span class="spark" aria-hidden="true">
            <svg viewBox=format!("0 0 {WIDTH} {HEIGHT}") preserveAspectRatio="none">
                {move || {
                    drawn
                        .with(|drawn| {
                            let limit = drawn.limit.map(|y| {
                                view! { <path class="spark-limit" d=format!("M0 {y:.1}H{WIDTH}") /> }
                            });
                            view! {
                                <path class="spark-area" d=drawn.area.clone() />
                                {limit}
                                <path class="spark-line" d=drawn.line.clone() />
                            }
                        })
                }}
            </svg>
            {move || {
                let y = drawn.with(|drawn| drawn.end).filter(|_| !stale.get())?;
                Some(view! { <i style:top=format!("{y:.1}px")></i> })
            }}
        </span>
    }
}

#[derive(Debug, Clone, PartialEq)]
struct Drawn {
    line: String,
    area: String,
    limit: Option<f64>,
    /// Height of the last point.
    end: Option<f64>,
}

fn draw(curve: &Curve) -> Drawn {
    let values = curve.points.iter().map(|(_, value)| *value);
    let top = curve.max.unwrap_or_else(|| values.fold(0.0, f64::max) * 1.15);
    let top = if top > 0.0 { top } else { 1.0 };
    let y = |value: f64| HEIGHT - 1.0 - (value / top).clamp(0.0, 1.0) * (HEIGHT - 4.0);
    let end = curve.points.last().map_or(0, |(at, _)| at.0);
    let x = |at: Timestamp| WIDTH - (end - at.0) as f64 / curve.span_ms.max(1) as f64 * WIDTH;
    let mut drawn = Drawn {
        line: String::new(),
        area: String::new(),
        limit: curve.limit.map(y),
        end: curve.points.last().map(|(_, value)| y(*value)),
    };
    for stroke in curve.points.chunk_by(|a, b| b.0.0 - a.0.0 <= curve.gap_ms) {
        let places: Vec<String> =
            stroke.iter().map(|(at, value)| format!("{:.1} {:.1}", x(*at), y(*value))).collect();
        let (Some((from, _)), Some((to, _))) = (stroke.first(), stroke.last()) else { continue };
        let line = places.join("L");
        drawn.line.push_str(&format!("M{line}"));
        drawn.area.push_str(&format!("M{:.1} {HEIGHT}L{line}L{:.1} {HEIGHT}Z", x(*from), x(*to)));
    }
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(points: &[(i64, f64)]) -> Curve {
        Curve {
            points: points.iter().map(|(at, value)| (Timestamp(*at), *value)).collect(),
            span_ms: 100,
            gap_ms: 30,
            max: Some(100.0),
            limit: None,
        }
    }

    #[test]
    fn the_newest_is_at_the_right_and_all_stays_within_the_box() {
        let drawn = draw(&curve(&[(75, 0.0), (100, 400.0)]));
        assert_eq!(drawn.line, "M192.0 47.0L256.0 3.0");
        assert_eq!(drawn.end, Some(3.0));
        assert_eq!(draw(&Curve::default()).line, "");
    }

    #[test]
    fn where_nothing_was_read_there_is_no_line() {
        let drawn = draw(&curve(&[(10, 1.0), (20, 1.0), (80, 1.0), (100, 1.0)]));
        assert_eq!(drawn.line.matches('M').count(), 2);
    }
}
