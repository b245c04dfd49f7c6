use leptos::prelude::*;

/// A yard with one route set: decoration.
#[component]
pub(super) fn Backdrop() -> impl IntoView {
    const BEDS: [&str; 10] = [
        "M0 210H1200",
        "M0 330H1200",
        "M0 450H1200",
        "M0 570H1200",
        "M0 690H1200",
        "M92 210L212 330",
        "M640 330L760 210",
        "M200 570L320 450",
        "M60 690L180 570",
        "M330 330L450 450",
    ];
    // Lit signals stand where the route goes.
    const SIGNALS: [(f64, f64, bool); 7] = [
        (62.0, 210.0, false),
        (300.0, 330.0, true),
        (612.0, 330.0, false),
        (172.0, 570.0, false),
        (530.0, 450.0, true),
        (760.0, 570.0, true),
        (30.0, 690.0, false),
    ];
    let signal = |(x, y, lit): (f64, f64, bool)| {
        view! {
            <path d=format!("M{x} {}V{}", y - 4.0, y - 26.0) stroke="var(--line3)" stroke-width="2" />
            <circle
                cx=x
                cy=y - 33.0
                r="5.5"
                fill=if lit { "var(--core)" } else { "none" }
                stroke=if lit { "var(--core)" } else { "var(--line3)" }
                stroke-width="2"
            />
        }
    };
    view! {
        <svg class="door-yard" viewBox="0 0 860 900" preserveAspectRatio="xMinYMid slice" aria-hidden="true">
            <defs>
                <pattern id="door-grid" width="24" height="24" patternUnits="userSpaceOnUse">
                    <circle class="tk-dots" cx="1" cy="1" r="1" />
                </pattern>
            </defs>
            <rect width="100%" height="100%" fill="url(#door-grid)" />
            {BEDS.into_iter().map(|d| view! { <path class="tk-bed" d=d /> }).collect_view()}
            <path class="tk-core thick" d="M0 330H330L450 450H560L680 570H1200" />
            {SIGNALS.into_iter().map(signal).collect_view()}
        </svg>
    }
}
