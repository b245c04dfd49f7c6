//! Who held what in the last day, as it was seen.

use leptos::prelude::*;
use signalbox_domain::ids::NodeId;
use signalbox_domain::time::Timestamp;
use signalbox_domain::vrrp::{HolderStretch, InstanceName, VrrpView};

use crate::document::use_document;
use crate::format::{self, Local};
use crate::live::use_live;
use crate::locale::{language, t, t_with};
use crate::locales::{vrrp as texts, words};
use crate::shell::use_chosen;
use crate::ui::{Plate, Waiting};

pub(super) const PATH: &str = "/api/v1/vrrp/holders";

const WIDTH: f64 = 1224.0;
const LEFT: f64 = 150.0;
const TOP: f64 = 26.0;
const PITCH: f64 = 24.0;
const BETWEEN: f64 = 18.0;
const HOUR_MS: i64 = 3_600_000;
const SHOWN_HOURS: i64 = 24;
const MARK_EVERY_HOURS: i64 = 3;

/// An open stretch is written every 30 s: one that ended less than this ago and says what is seen now
/// still lasts.
const STILL_OPEN_MS: i64 = 75_000;

#[component]
pub(super) fn Holders(vrrp: Memo<Option<VrrpView>>) -> impl IntoView {
    let document = use_document::<Vec<HolderStretch>>(PATH);
    let holders = Memo::new(move |_| {
        vrrp.with(|vrrp| {
            let instances = vrrp.iter().flat_map(|vrrp| &vrrp.instances);
            instances.map(|i| (i.id.clone(), i.holder.known())).collect::<Vec<_>>()
        })
    });
    // What was just seen to change has been written by the time this asks.
    Effect::watch(
        move || holders.get(),
        move |_, _, _| set_timeout(move || document.reload(), std::time::Duration::from_secs(1)),
        false,
    );
    let legend = || {
        view! {
            <span class="row g12 t12 i3 wide-only" aria-hidden="true">
                {sign("tk-core", texts::HOLDS_NOW)} {sign("tk-bed", texts::STANDS_BY)}
                {sign("tk-fail", texts::BOTH_HOLD)} {sign("tk-stale", texts::NOT_SEEN)}
            </span>
        }
    };
    let strip = Callback::new(move |stretches: Vec<HolderStretch>| {
        view! { <Strip vrrp stretches=StoredValue::new(stretches) /> }.into_any()
    });
    view! {
        <Plate title=t(texts::WHO_HELD) meta=t(texts::LAST_DAY) first=true flush=true actions=legend class="vrrp-holders">
            <Waiting answer=document.answer() rows=3 what=t_with(words::READING, &[&PATH]) children=strip />
        </Plate>
    }
}

fn sign(class: &'static str, text: crate::locale::Text) -> impl IntoView {
    view! {
        <span class="row g6">
            <svg width="26" height="8">
                <path class=class d="M0 4H26" />
            </svg>
            {t(text)}
        </span>
    }
}

#[component]
fn Strip(
    vrrp: Memo<Option<VrrpView>>,
    stretches: StoredValue<Vec<HolderStretch>>,
) -> impl IntoView {
    let (live, chosen) = (use_live(), use_chosen());
    // A day on a screen moves by a pixel in a minute.
    let now = Memo::new(move |_| Timestamp(live.now().0.div_euclid(30_000) * 30_000 + 30_000));
    let drawn = Memo::new(move |_| {
        let now = now.get();
        vrrp.with(|vrrp| {
            stretches.with_value(|stretches| {
                let view = vrrp.as_ref().cloned().unwrap_or_default();
                lay_out(&view, stretches, now)
            })
        })
    });
    let marks = move || {
        let offset_min = chosen.utc_offset_min.get();
        marks(now.get(), offset_min)
            .into_iter()
            .map(|(x, text)| {
                view! {
                    <path class="tk-seam" d=format!("M{x:.1} {TOP}V{}", drawn.with(|d| d.height)) />
                    <text class="tk-note" x=x y="14" text-anchor="middle">{text}</text>
                }
            })
            .collect_view()
    };
    let rows = move || {
        drawn.with(|drawn| {
            let runs = drawn.runs.iter().map(|run| {
                let d = format!("M{:.1} {}H{:.1}", run.from, run.y, run.to.max(run.from + 1.5));
                view! { <path class=run.class d=d /> }
            });
            let names = drawn.names.iter().map(|(x, y, class, name)| {
                view! { <text class=*class x=*x y=y + 4.0 text-anchor="end">{name.clone()}</text> }
            });
            (runs.collect_view(), names.collect_view())
        })
    };
    view! {
        <div class="vrrp-strip">
            <svg
                viewBox=move || format!("0 0 {WIDTH} {}", drawn.with(|d| d.height))
                role="img"
                aria-label=move || drawn.with(|d| d.words.clone())
            >
                {marks}
                {rows}
            </svg>
        </div>
    }
}

#[derive(Debug, Clone, PartialEq)]
struct Run {
    class: &'static str,
    y: f64,
    from: f64,
    to: f64,
}

#[derive(Debug, Clone, PartialEq)]
struct Drawn {
    height: f64,
    runs: Vec<Run>,
    /// Right end, track, class and text.
    names: Vec<(f64, f64, &'static str, String)>,
    words: String,
}

fn lay_out(vrrp: &VrrpView, stretches: &[HolderStretch], now: Timestamp) -> Drawn {
    let begin = now.0 - SHOWN_HOURS * HOUR_MS;
    let x = |ms: i64| {
        let share = (ms - begin) as f64 / (SHOWN_HOURS * HOUR_MS) as f64;
        LEFT + share.clamp(0.0, 1.0) * (WIDTH - LEFT - 24.0)
    };
    let mut drawn =
        Drawn { height: TOP, runs: Vec::new(), names: Vec::new(), words: String::new() };
    let mut instances: Vec<_> = vrrp.instances.iter().collect();
    instances.sort_by(|a, b| a.id.cmp(&b.id));
    for instance in instances {
        let known = lasting(stretches, &instance.id, instance.holder.known(), now);
        let first = drawn.height + PITCH / 2.0;
        let middle = first + PITCH * (instance.members.len().max(1) - 1) as f64 / 2.0;
        drawn.names.push((78.0, middle, "tk-value", instance.id.0.clone()));
        for (index, member) in instance.members.iter().enumerate() {
            let y = first + PITCH * index as f64;
            drawn.names.push((LEFT - 12.0, y, "tk-note", member.node_name.clone()));
            // Over everything that was not seen.
            drawn.runs.push(Run { class: "tk-stale", y, from: x(begin), to: x(now.0) });
            for (from, to, nodes) in &known {
                let run = |class| Run { class, y, from: x(*from), to: x(*to) };
                drawn.runs.push(run("holders-seen"));
                drawn.runs.push(run("tk-bed"));
                drawn.runs.extend(core(nodes, member.node).map(run));
            }
        }
        drawn.words.push_str(&in_words(instance, &known, begin, now));
        drawn.height += PITCH * instance.members.len().max(1) as f64 + BETWEEN;
    }
    drawn
}

fn core(holders: &[NodeId], node: NodeId) -> Option<&'static str> {
    match holders {
        [one] => (*one == node).then_some("tk-core"),
        several => several.contains(&node).then_some("tk-fail"),
    }
}

type Known<'a> = (i64, i64, &'a [NodeId]);

/// What is known of an instance: from, to and who, oldest first. The last lasts until now when
/// nothing else is seen now.
fn lasting<'a>(
    stretches: &'a [HolderStretch],
    instance: &InstanceName,
    holders_now: Option<Vec<NodeId>>,
    now: Timestamp,
) -> Vec<Known<'a>> {
    let own = stretches.iter().filter(|stretch| stretch.instance == *instance);
    let mut known: Vec<Known> =
        own.map(|s| (s.began_at.0, s.seen_until.0, s.nodes.as_slice())).collect();
    if let Some((_, until, nodes)) = known.last_mut()
        && holders_now.as_deref() == Some(*nodes)
        && now.0 - *until <= STILL_OPEN_MS
    {
        *until = now.0;
    }
    known
}

fn in_words(
    instance: &signalbox_domain::vrrp::InstanceView,
    known: &[Known],
    begin: i64,
    now: Timestamp,
) -> String {
    let length_of = |node: NodeId| -> i64 {
        let held = known.iter().filter(|(_, _, nodes)| nodes.contains(&node));
        held.map(|(from, to, _)| (to - begin.max(*from)).max(0)).sum()
    };
    let seen: i64 = known.iter().map(|(from, to, _)| (to - begin.max(*from)).max(0)).sum();
    let told = |ms: i64| {
        let length = std::time::Duration::from_millis(u64::try_from(ms).unwrap_or(0));
        format::age(length, language())
    };
    let held = instance
        .members
        .iter()
        .map(|member| t_with(texts::HELD_FOR, &[&member.node_name, &told(length_of(member.node))]));
    let not_seen = t_with(texts::NOT_SEEN_FOR, &[&told(now.0 - begin - seen)]);
    let all: Vec<String> = held.chain([not_seen]).collect();
    format!("{}: {}. ", instance.id.0, all.join(", "))
}

/// Every third hour of the reader's day: place and text.
fn marks(now: Timestamp, utc_offset_min: i32) -> Vec<(f64, String)> {
    let step_ms = MARK_EVERY_HOURS * HOUR_MS;
    let offset_ms = i64::from(utc_offset_min) * 60_000;
    let begin = now.0 - SHOWN_HOURS * HOUR_MS;
    let first = (begin + offset_ms).div_euclid(step_ms) * step_ms + step_ms - offset_ms;
    (0..SHOWN_HOURS / MARK_EVERY_HOURS)
        .map(|index| first + index * step_ms)
        .filter(|at| *at < now.0)
        .map(|at| {
            let share = (at - begin) as f64 / (SHOWN_HOURS * HOUR_MS) as f64;
            let clock = Local::at(Timestamp(at), utc_offset_min).clock();
            let text = clock.get(..5).unwrap_or(&clock).to_owned();
            (LEFT + share * (WIDTH - LEFT - 24.0), text)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretch(node: i64, began_at: i64, seen_until: i64) -> HolderStretch {
        HolderStretch {
            instance: InstanceName("VI_1".into()),
            nodes: vec![NodeId(node)],
            began_at: Timestamp(began_at),
            seen_until: Timestamp(seen_until),
        }
    }

    #[test]
    fn the_last_stretch_lasts_while_the_same_is_seen() {
        let all = [stretch(1, 0, 40_000), stretch(2, 50_000, 100_000)];
        let id = InstanceName("VI_1".into());
        let ends = |holder, now| {
            let known = lasting(&all, &id, holder, Timestamp(now));
            known.iter().map(|(_, to, _)| *to).collect::<Vec<_>>()
        };
        assert_eq!(ends(Some(vec![NodeId(2)]), 120_000), [40_000, 120_000]);
        assert_eq!(ends(Some(vec![NodeId(2)]), 900_000), [40_000, 100_000], "nobody looked");
        assert_eq!(ends(Some(vec![NodeId(1)]), 120_000), [40_000, 100_000]);
        assert_eq!(ends(None, 120_000), [40_000, 100_000]);
    }

    #[test]
    fn both_are_red_when_both_held() {
        let (a, b) = (NodeId(1), NodeId(2));
        assert_eq!((core(&[a], a), core(&[a], b)), (Some("tk-core"), None));
        assert_eq!((core(&[a, b], a), core(&[a, b], b)), (Some("tk-fail"), Some("tk-fail")));
        assert_eq!(core(&[], a), None);
    }

    #[test]
    fn marks_are_whole_hours_of_the_readers_day() {
        let midnight = Timestamp(1_795_305_600_000);
        let texts: Vec<String> = marks(midnight, 480).into_iter().map(|(_, text)| text).collect();
        assert_eq!(texts, ["09:00", "12:00", "15:00", "18:00", "21:00", "00:00", "03:00", "06:00"]);
    }
}
