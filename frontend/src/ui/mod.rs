//! The parts that pages are made of. Each file is one component with its states; the CSS class is
//! its name in `assets/css/kit.css`.

mod alarm;
mod badge;
mod button;
mod code;
mod dialog;
mod field;
mod filter;
mod icon;
mod interlock;
mod lamp;
mod plate;
mod progress;
mod select;
mod sparkline;
mod states;
mod steps;
mod table;
mod tabs;
mod time;
mod timeline;
mod toast;

pub use alarm::AlarmBand;
pub use badge::{Badge, StateBadge, Tag};
pub use button::{Button, Kind, Size, classes as button_classes};
pub use code::{Code, CopyButton, Log};
pub use dialog::{Dialog, Drawer};
pub(crate) use dialog::{elements, is_typing};
pub use field::{Check, Field, PasswordField, TextArea, move_focus};
pub use filter::{Filter, matches};
pub use icon::{Icon, IconView};
pub use interlock::{Interlocks, tally};
pub use lamp::{Lamp, Lamps, aspect_word, shape};
pub use plate::{PageHead, Plate, Plates};
pub use progress::Bar;
pub use select::Select;
pub use sparkline::{Curve, Sparkline};
pub use states::{Empty, Failed, SkeletonRows, Waiting};
pub use steps::{StepLine, Steps};
pub use table::{ChosenRow, Column, LongTable, Sort, Table};
pub use tabs::{Segmented, Tabs};
pub use time::{Age, Clock, Moment, Sentence};
pub use timeline::{
    Timeline, TimelineGroup, TimelineRow, TimelineRun, day_begin, sign, use_day_end,
};
pub use toast::{ToastList, Toasts, use_toasts};
