//! Who held what in the last day, as it was seen.

use leptos::prelude::*;
use signalbox_domain::ids::NodeId;
use signalbox_domain::time::Timestamp;
use signalbox_domain::vrrp::{HolderStretch, InstanceName, InstanceView, VrrpView};

use crate::document::use_document;
use crate::format;
use crate::locale::{language, t, t_with};
use crate::locales::{vrrp as texts, words};
use crate::ui::{
    Plate, Timeline, TimelineGroup, TimelineRow, TimelineRun, Waiting, day_begin, sign, use_day_end,
};

pub(super) const PATH: &str = "/api/v1/vrrp/holders";

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
                {sign("tk-core", t(texts::HOLDS_NOW))} {sign("tk-bed", t(texts::STANDS_BY))}
                {sign("tk-fail", t(texts::BOTH_HOLD))} {sign("tk-stale", t(texts::NOT_SEEN))}
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

#[component]
fn Strip(
    vrrp: Memo<Option<VrrpView>>,
    stretches: StoredValue<Vec<HolderStretch>>,
) -> impl IntoView {
    let end = use_day_end();
    let laid_out = Memo::new(move |_| {
        let end = end.get();
        vrrp.with(|vrrp| {
            let mut instances: Vec<_> = vrrp.iter().flat_map(|vrrp| &vrrp.instances).collect();
            instances.sort_by(|a, b| a.id.cmp(&b.id));
            stretches.with_value(|stretches| {
                let laid_out =
                    instances.into_iter().map(|instance| lay_out(instance, stretches, end));
                laid_out.unzip::<_, _, Vec<_>, Vec<_>>()
            })
        })
    });
    let groups = Memo::new(move |_| laid_out.with(|(groups, _)| groups.clone()));
    let label = Memo::new(move |_| laid_out.with(|(_, words)| words.concat()));
    view! { <Timeline end groups label /> }
}

/// The tracks of an instance's directors, and the same in words.
fn lay_out(
    instance: &InstanceView,
    stretches: &[HolderStretch],
    end: Timestamp,
) -> (TimelineGroup, String) {
    let known = lasting(stretches, &instance.id, instance.holder.known(), end);
    let row = |name: &String, node: NodeId| {
        let runs = known.iter().flat_map(|(from, to, nodes)| {
            let run = |class| TimelineRun { class, from: Timestamp(*from), to: Timestamp(*to) };
            [Some("tk-bed"), core(nodes, node)].into_iter().flatten().map(run).collect::<Vec<_>>()
        });
        TimelineRow { name: name.clone(), runs: runs.collect() }
    };
    let members = instance.members.iter();
    let rows = members.map(|member| row(&member.node_name, member.node)).collect();
    let group = TimelineGroup { name: instance.id.0.clone(), rows };
    (group, in_words(instance, &known, day_begin(end).0, end))
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

fn in_words(instance: &InstanceView, known: &[Known], begin: i64, now: Timestamp) -> String {
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
}
