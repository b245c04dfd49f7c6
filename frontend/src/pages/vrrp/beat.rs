//! The heartbeat: a tick for each advert of the last minute, as it was heard.

use std::time::Duration;

use leptos::prelude::*;
use signalbox_domain::time::Timestamp;
use signalbox_domain::vrrp::{ADVERTS_KEPT, AdvertBeat, InstanceConf, timers};

use crate::format;
use crate::live::use_live;
use crate::locale::{language, t, t_with};
use crate::locales::vrrp as texts;

const WIDTH: f64 = 180.0;
const HEIGHT: f64 = 14.0;

/// The probe tells what it heard once a second: so much may be missing at the end.
const ON_ITS_WAY: Duration = Duration::from_millis(2_500);

#[derive(Debug, Clone, PartialEq)]
struct Ticks {
    /// As an SVG path.
    heard: String,
    /// Listened to, and longer without an advert than a backup waits.
    silent: Option<(f64, f64)>,
    /// Nobody listened, from the left and at the right.
    unknown: [Option<(f64, f64)>; 2],
}

fn lay_out(beat: &AdvertBeat, patience: Duration, now: Timestamp) -> Ticks {
    let begin = now.0 - ADVERTS_KEPT.as_millis() as i64;
    let x = |at: Timestamp| {
        ((at.0 - begin) as f64 / ADVERTS_KEPT.as_millis() as f64 * WIDTH).clamp(0.0, WIDTH)
    };
    let shown = beat.heard.iter().filter(|at| at.0 >= begin);
    let heard = shown.map(|at| format!("M{:.1} 1V{}", x(*at), HEIGHT - 1.0)).collect();
    let is_current = beat.until.age(now) <= ON_ITS_WAY;
    let until = if is_current { now } else { beat.until };
    let last = beat.heard.last().copied().unwrap_or(beat.since).max(beat.since);
    Ticks {
        heard,
        silent: (last.age(until) > patience).then(|| (x(last), x(until))),
        unknown: [
            (beat.since.0 > begin).then(|| (0.0, x(beat.since))),
            (!is_current).then(|| (x(until), WIDTH)),
        ],
    }
}

/// How long a silence is no news: what a backup waits, and what is on its way to us.
fn patience(conf: &InstanceConf) -> Duration {
    timers::master_down(conf, conf.priority) + ON_ITS_WAY
}

#[component]
pub(super) fn Beat(beat: AdvertBeat, conf: InstanceConf) -> impl IntoView {
    let live = use_live();
    let patience = patience(&conf);
    let ticks = {
        let beat = beat.clone();
        Memo::new(move |_| lay_out(&beat, patience, live.now()))
    };
    let draw = move || {
        let Ticks { heard, silent, unknown } = ticks.get();
        let floor = HEIGHT - 3.0;
        view! {
            {silent
                .map(|(from, to)| {
                    view! {
                        <rect class="beat-silent" x=from y="0" width=(to - from).max(1.0) height=HEIGHT />
                        <path class="beat-floor danger" d=format!("M{from:.1} {floor}H{to:.1}") />
                    }
                })}
            <path class="beat-ticks" d=heard />
            {unknown
                .into_iter()
                .flatten()
                .map(|(from, to)| view! { <path class="beat-floor" d=format!("M{from:.1} {floor}H{to:.1}") /> })
                .collect_view()}
        }
    };
    let every = format::duration(timers::advert_interval(&conf), language());
    let last = beat.heard.last().copied();
    let sent = beat.sent;
    let words = move || {
        let silent = ticks.with(|ticks| ticks.silent.is_some());
        match (silent, sent) {
            (false, true) => t_with(texts::SENDS_EVERY, &[&every]),
            (false, false) => t_with(texts::HEARS_EVERY, &[&every]),
            (true, _) => match last {
                Some(last) => {
                    let silence = format::age(last.age(live.now()), language());
                    t_with(texts::SILENT_FOR, &[&silence])
                }
                None => t(texts::NO_ADVERT).to_owned(),
            },
        }
    };
    let about = if sent { texts::SENDS_HELP } else { texts::HEARS_HELP };
    view! {
        <span class="row beat" title=t(about)>
            <svg width=WIDTH height=HEIGHT viewBox=format!("0 0 {WIDTH} {HEIGHT}") aria-hidden="true">
                {draw}
            </svg>
            <span class:danger=move || ticks.with(|ticks| ticks.silent.is_some())>{words}</span>
        </span>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000_000);

    fn beat(heard: &[i64], since: i64, until: i64) -> AdvertBeat {
        let at = |ms: &i64| Timestamp(NOW.0 - ms);
        AdvertBeat {
            sent: false,
            since: at(&since),
            until: at(&until),
            heard: heard.iter().map(at).collect(),
        }
    }

    #[test]
    fn a_tick_stands_where_its_advert_was_heard() {
        let ticks = lay_out(&beat(&[60_000, 30_000, 500], 90_000, 0), Duration::from_secs(4), NOW);
        assert_eq!(ticks.heard, "M0.0 1V13M90.0 1V13M178.5 1V13");
        assert_eq!((ticks.silent, ticks.unknown), (None, [None, None]));
    }

    #[test]
    fn silence_is_only_where_somebody_listened() {
        let patience = Duration::from_secs(4);
        let silent = lay_out(&beat(&[20_000], 90_000, 0), patience, NOW);
        assert_eq!(silent.silent, Some((120.0, WIDTH)));
        let unknown = lay_out(&beat(&[], 1_000, 0), patience, NOW);
        assert_eq!((unknown.silent, unknown.unknown[0]), (None, Some((0.0, 177.0))));
        let gone = lay_out(&beat(&[31_000], 90_000, 30_000), patience, NOW);
        assert_eq!((gone.silent, gone.unknown[1]), (None, Some((90.0, WIDTH))));
    }
}
