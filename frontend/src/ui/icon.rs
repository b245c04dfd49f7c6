//! Icons (Lucide, ISC), compiled in from `assets/icons`. A new icon is a line here and its file.

use leptos::prelude::*;

macro_rules! icons {
    ($($name:ident = $file:literal,)*) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Icon {
            $($name,)*
        }

        impl Icon {
            /// The drawing, without its `<svg>` element.
            fn drawing(self) -> &'static str {
                match self {
                    $(Icon::$name => inside(include_str!(concat!("../../../assets/icons/", $file, ".svg"))),)*
                }
            }

            #[cfg(test)]
            const ALL: &'static [Icon] = &[$(Icon::$name,)*];
        }
    };
}

icons! {
    Archive = "archive",
    ArrowDown = "arrow-down",
    ArrowLeftRight = "arrow-left-right",
    ArrowRight = "arrow-right",
    ArrowUp = "arrow-up",
    BadgeCheck = "badge-check",
    BrickWall = "brick-wall",
    ChevronDown = "chevron-down",
    ChevronLeft = "chevron-left",
    ChevronRight = "chevron-right",
    ChevronUp = "chevron-up",
    Check = "check",
    CircleHelp = "circle-help",
    CircleStop = "circle-stop",
    Clock = "clock",
    Copy = "copy",
    CornerDownLeft = "corner-down-left",
    Database = "database",
    Download = "download",
    Ellipsis = "ellipsis",
    ExternalLink = "external-link",
    Eye = "eye",
    EyeOff = "eye-off",
    FingerprintPattern = "fingerprint-pattern",
    FileDiff = "file-diff",
    Filter = "filter",
    History = "history",
    Info = "info",
    KeyRound = "key-round",
    Link = "link",
    ListChecks = "list-checks",
    ListFilter = "list-filter",
    LockKeyhole = "lock-keyhole",
    LogIn = "log-in",
    LogOut = "log-out",
    Maximize2 = "maximize-2",
    Menu = "menu",
    Moon = "moon",
    Network = "network",
    OctagonX = "octagon-x",
    PanelLeftClose = "panel-left-close",
    PanelLeftOpen = "panel-left-open",
    Pencil = "pencil",
    Play = "play",
    Plus = "plus",
    RefreshCw = "refresh-cw",
    ScrollText = "scroll-text",
    Search = "search",
    Server = "server",
    Shield = "shield",
    ShieldCheck = "shield-check",
    SlidersHorizontal = "sliders-horizontal",
    Split = "split",
    SquareTerminal = "square-terminal",
    Sun = "sun",
    Tag = "tag",
    Terminal = "terminal",
    TrainTrack = "train-track",
    Trash2 = "trash-2",
    TriangleAlert = "triangle-alert",
    Undo2 = "undo-2",
    User = "user",
    Users = "users",
    WifiOff = "wifi-off",
    X = "x",
}

/// What lies between an SVG file's first tag and its last.
fn inside(file: &'static str) -> &'static str {
    file.split_once('>')
        .and_then(|(_, rest)| rest.rsplit_once("</svg>"))
        .map_or("", |(inside, _)| inside)
}

/// Decoration beside a text: hidden from assistive technology.
#[component]
pub fn IconView(
    icon: Icon,
    /// 14 px instead of 16.
    #[prop(optional)]
    small: bool,
) -> impl IntoView {
    view! {
        <svg
            class=if small { "ic s" } else { "ic" }
            viewBox="0 0 24 24"
            fill="none"
            stroke="currentColor"
            stroke-linecap="round"
            stroke-linejoin="round"
            aria-hidden="true"
            inner_html=icon.drawing()
        ></svg>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_icon_has_a_drawing() {
        for icon in Icon::ALL {
            let drawing = icon.drawing();
            assert!(drawing.starts_with('<') && !drawing.contains("svg"), "{icon:?}: {drawing}");
        }
    }
}
